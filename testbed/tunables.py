"""Kernel settings that a kubelet changes for the whole machine: noted before, put back after."""

import json
from pathlib import Path

from testbed.layout import MACHINE_RUN

SETTINGS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
SYSCTL = Path("/proc/sys")


def note() -> None:
    """Write down the machine's settings; a note that is there already is of before a crashed node, and stays."""
    file = _file()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            json.dumps({name: (SYSCTL / name).read_text().strip() for name in SETTINGS if (SYSCTL / name).exists()})
        )


def restore() -> None:
    """Put back what was noted, and remove the note."""
    file = _file()
    if not file.exists():
        return
    for name, value in json.loads(file.read_text()).items():
        if (SYSCTL / name).read_text().strip() != value:
            (SYSCTL / name).write_text(value)
    file.unlink()


def _file() -> Path:
    return MACHINE_RUN / "sysctl.json"
