"""Messages over a pipe: four bytes of length, then the message. Shared by the runner and its workers.

Pipes are unbuffered files, so that one thread may close what another one reads.
"""

from typing import IO


def write_frame(pipe: IO[bytes], message: bytes) -> None:
    """Write one message."""
    left = memoryview(len(message).to_bytes(4) + message)
    while left:
        left = left[pipe.write(left) :]


def read_frame(pipe: IO[bytes], *, limit: int) -> bytes:
    """The next message, empty at the end of the stream. Raises ValueError for one of more than `limit` bytes."""
    size = int.from_bytes(_exactly(pipe, 4))
    if size > limit:
        raise ValueError(f"a message of {size} bytes is more than the {limit} that are allowed")
    return _exactly(pipe, size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    """That many bytes, none where the stream ends before."""
    parts: list[bytes] = []
    while size and (part := pipe.read(min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"" if size else b"".join(parts)
