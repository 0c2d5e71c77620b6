"""What is installed beside Penstock and never run there is taken out again, while an image is built.

Two kinds: modules that nothing imports, and in compiled libraries the part that only a debugger reads.
Less in an image is less to pull, to scan and to attack. The image's tests are the proof that nothing of it is missed.

usage: python3 trim.py DIRECTORY
"""

import struct
import sys
from pathlib import Path

UNUSED = (
    # zstandard's second way to the same library, for PyPy
    "zstandard/_cffi.*",
    "zstandard/backend_cffi.py",
    # protobuf messages inside expressions: the flow language has none
    "cel_expr_python/ext/ext_proto.*",
    # The typed models and calls of the Kubernetes client, loaded when somebody asks for one: Penstock sends plain JSON.
    "kubernetes/client/models/[!_]*.py",
    "kubernetes/client/api/[!_]*_api.py",
    "kubernetes/aio/client/models/[!_]*.py",
    "kubernetes/aio/client/api/[!_]*_api.py",
    # type stubs, headers and sources of compiled modules
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "**/*.h",
)
"""Patterns below the directory; one that finds nothing is one whose library is not in the image."""

_ELF64_LITTLE = b"\x7fELF\x02\x01"
_SEGMENT = struct.Struct("<8xQ16xQ16x")


def remove_unused(directory: Path) -> int:
    """Remove what `UNUSED` names; gives the bytes."""
    files = {path for pattern in UNUSED for path in directory.glob(pattern) if path.is_file()}
    size = 0
    for path in files:
        size += path.stat().st_size
        path.unlink()
    return size


def strip(library: Path) -> int:
    """Cut off what lies behind the last segment that a loader maps: symbols and debugging sections; gives the bytes.

    Only a 64-bit little-endian ELF file is touched. Its table of sections goes with them, which no loader reads.
    """
    content = library.read_bytes()
    if not content.startswith(_ELF64_LITTLE):
        return 0
    end = loaded_end(content)
    if end >= len(content):
        return 0
    head = bytearray(content[:end])
    struct.pack_into("<Q", head, 0x28, 0)
    struct.pack_into("<HHH", head, 0x3A, 0, 0, 0)
    mode = library.stat().st_mode
    library.write_bytes(head)
    library.chmod(mode)
    return len(content) - end


def loaded_end(content: bytes) -> int:
    """The offset behind the program headers and the last byte of a segment."""
    (first,) = struct.unpack_from("<Q", content, 0x20)
    size, count = struct.unpack_from("<HH", content, 0x36)
    segments = (_SEGMENT.unpack_from(content, first + size * index) for index in range(count))
    return max(first + size * count, *(offset + length for offset, length in segments))


def main() -> None:
    """Trim one directory, and say how much went."""
    directory = Path(sys.argv[1])
    unused = remove_unused(directory)
    stripped = sum(strip(path) for path in directory.rglob("*.so*") if path.is_file() and not path.is_symlink())
    sys.stdout.write(
        f"trimmed {directory}: {unused / 1e6:.0f} MB that nothing imports, {stripped / 1e6:.0f} MB for debuggers\n"
    )


if __name__ == "__main__":
    main()
