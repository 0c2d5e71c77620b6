"""What is kept of memory that is free again: little, since a pod's limit counts it, and a large body comes rarely."""

import ctypes
import gc
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
"""glibc's name for it, in its `malloc.h`."""
_LARGE_BYTES: Final = 256 * 1024


def give_back_large_blocks() -> None:
    """Give each large block back as soon as it is free.

    glibc would raise the size from which it does with every such block that it frees, up to 32 MiB: what lies below stays where
    it was, between smaller things. Other C libraries have no such setting.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def leave_alone_what_is_there() -> None:
    """Keep what the start has made out of later collections of garbage, which then cost what came since."""
    gc.collect()
    gc.freeze()


def give_back_what_is_free() -> None:
    """Collect garbage, and give back the pages between what is still in use: a thread's heap shrinks from its end alone."""
    gc.collect()
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
