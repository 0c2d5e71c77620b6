"""What machine the figures come from."""

import os
import platform
from pathlib import Path
from typing import Any


def facts() -> dict[str, Any]:
    """Processor, cores, memory, kernel and Python of this machine."""
    processor = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memoryGib": round(memory_kib / 2**20, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "loadAverage": os.getloadavg(),
    }
