"""Messages over a pipe: four bytes of length, then the message. Shared by the runner and its workers.

Pipes are unbuffered files, so that one thread may close what another one reads.
"""

from collections.abc import Callable
from typing import IO


def write_frame(pipe: IO[bytes], message: bytes) -> None:
    """Write one message."""
    left = memoryview(len(message).to_bytes(4) + message)
    while left:
        left = left[pipe.write(left) :]


def read_frame(read: Callable[[int], bytes], *, limit: int) -> bytes:
    """The next message, empty where `read` gives nothing more. Raises ValueError for one of more than `limit` bytes."""
    size = int.from_bytes(_exactly(read, 4))
    if size > limit:
        raise ValueError(f"a message of {size} bytes is more than the {limit} that are allowed")
    return _exactly(read, size)


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """That many bytes, none where the stream ends before."""
    parts: list[bytes] = []
    while size and (part := read(min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"" if size else b"".join(parts)
