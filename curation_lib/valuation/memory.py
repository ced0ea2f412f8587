"""Memory that a training process keeps between its steps.

glibc gives large blocks back to the kernel as soon as they are freed, and each step asks for the same ones again: pages
are mapped and cleared thousands of times a second. Dask's nannies make that worse (they start workers with
MALLOC_TRIM_THRESHOLD_=65536): there a small model trained and measured at less than half its speed.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
"""Parameters of mallopt(3): free memory at the top above which it is given back; what is asked for beyond a need; the
size of blocks above which each is mapped."""
HEAPS = 256 << 20
"""As TOP_PAD more than two heaps of 64 MB: a thread other than the first has its memory in such, and each that is free
goes whatever TRIM_THRESHOLD says, unless so much is to stay."""
LARGEST_MMAP_THRESHOLD = 32 << 20
"""The most that glibc takes on 64 bits, and what it comes to by itself where large blocks are freed."""
KEPT = (1 << 31) - 1
"""The most that mallopt takes."""


@contextmanager
def kept_memory() -> Iterator[None]:
    """Meanwhile, freed memory stays with this process; then it is given back. Does nothing without glibc."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt") or not hasattr(libc, "malloc_trim"):
        yield
        return
    libc.mallopt(MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD)
    libc.mallopt(TRIM_THRESHOLD, KEPT)
    libc.mallopt(TOP_PAD, HEAPS)
    try:
        yield
    finally:
        libc.mallopt(TRIM_THRESHOLD, int(os.environ.get("MALLOC_TRIM_THRESHOLD_", 2 * LARGEST_MMAP_THRESHOLD)))
        libc.mallopt(TOP_PAD, int(os.environ.get("MALLOC_TOP_PAD_", 128 << 10)))
        libc.malloc_trim(0)
