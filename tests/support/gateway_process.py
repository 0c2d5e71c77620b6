"""A gateway in a process of its own, so that what it takes of memory can be measured: `python gateway_process.py <dsn>`.

Serves open flows of several namespaces, prints its port, and ends with its standard input.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen

from gateway_stand import flow, standing, until

OPEN = {"methods": ["POST"], "security": "none"}
NAMESPACES = ("acme", "globex", "initech", "umbrella", "hooli", "vandelay")
MIB = 1024 * 1024
LEFT = 40
"""MiB more than at rest that may stay for good: what was loaded, and what the allocator keeps."""
SETTLED_SECONDS = 60.0


async def _serve(dsn: str) -> None:
    async with standing(dsn) as stand:
        for namespace in NAMESPACES:
            stand.serve(
                flow("open", namespace=namespace, webhook=OPEN),
                flow("csv", namespace=namespace, webhook={**OPEN, "parse": "csv"}),
                flow("xml", namespace=namespace, webhook={**OPEN, "parse": "xml"}),
                flow("same", namespace=namespace, webhook=OPEN, deduplicateBy={"value": "${trigger.body}"}),
            )
        await until(lambda: len(stand.gateway.flows) == 4 * len(NAMESPACES) + 1)
        print(stand.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayProcess:
    """A running one."""

    pid: int
    url: str

    def resident(self) -> float:
        """MiB that it takes now."""
        return self._status("VmRSS")

    def peak(self) -> float:
        """The most MiB that it took since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self, rest: float) -> None:
        """Begin anew, once what came before is done with: an answer is there before its body has gone."""
        deadline = time.monotonic() + SETTLED_SECONDS
        while (taken := self.resident() - rest) > LEFT:
            assert time.monotonic() < deadline, f"{taken:.0f} MiB more than at rest, {SETTLED_SECONDS} s later"
            time.sleep(0.01)
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        [line] = [line for line in lines if line.startswith(f"{name}:")]
        return int(line.split()[1]) * 1024 / MIB


@contextmanager
def running(dsn: str) -> Iterator[GatewayProcess]:
    """A gateway on a database, until the block ends."""
    with Popen([sys.executable, __file__, dsn], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            assert port, "the gateway did not start"
            yield GatewayProcess(pid=process.pid, url=f"http://127.0.0.1:{port}")
        finally:
            process.stdin.close()
            process.wait(30)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
