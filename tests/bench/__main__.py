"""`make bench`: measure, compare with the floor in the same run, write `build/bench.json`.

Every figure comes with its parts and with the machine's facts; ratios are against a bare Job or a bare insert measured
between our own runs, because machines are noisy. Nothing here passes or fails.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.bench import accept, burst, cold, machine, neighbour, objects, steps, writes
from tests.bench.site import Site, site

RESULT = Path("build/bench.json")
MEASUREMENTS: dict[str, Callable[[Site], Awaitable[dict[str, Any]]]] = {
    "cold": cold.measure,
    "steps": steps.measure,
    "writes": writes.measure,
    "burst": burst.measure,
    "accept": accept.measure,
    "neighbour": neighbour.measure,
    "objects": objects.measure,
}


async def main(chosen: list[str]) -> None:
    """Run the chosen measurements, all without a choice; results of earlier runs of others stay in the file."""
    results: dict[str, Any] = json.loads(RESULT.read_text()) if chosen and RESULT.exists() else {}
    results["machine"] = machine.facts()
    async with site() as place:
        for name in chosen or MEASUREMENTS:
            print(f"== {name}", flush=True)
            figures = await MEASUREMENTS[name](place)
            results |= figures
            RESULT.parent.mkdir(exist_ok=True)
            RESULT.write_text(json.dumps(results, indent=2) + "\n")
            print(json.dumps({key: value["value"] for key, value in figures.items()}), flush=True)
    print(f"\n{'figure':28} {'value':>10}  goal")
    for name, figure in results.items():
        if name != "machine":
            print(f"{name:28} {figure['value']!s:>10}  {figure.get('goal', '')}")
    print(f"written to {RESULT}")


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - MEASUREMENTS.keys()
    if unknown:
        sys.exit(f"unknown measurement {', '.join(sorted(unknown))}: choose among {', '.join(MEASUREMENTS)}")
    asyncio.run(main(sys.argv[1:]))
