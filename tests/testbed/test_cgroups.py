"""Where control groups are mounted."""

from pathlib import Path

from testbed.cgroups import hierarchies

HYBRID = """\
tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
proc /proc proc rw 0 0
"""


def test_every_hierarchy_of_a_hybrid_machine_is_found() -> None:
    """Version 1 controllers, named ones and the version 2 mount all hold groups of pods."""
    expected = [
        ("cgroup", Path("/sys/fs/cgroup/memory")),
        ("cgroup", Path("/sys/fs/cgroup/systemd")),
        ("cgroup2", Path("/sys/fs/cgroup/unified")),
    ]

    assert expected == hierarchies(HYBRID)
