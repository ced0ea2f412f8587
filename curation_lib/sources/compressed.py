"""A file's bytes in order, decompressed by what its first bytes say; what lies before damage is handed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

import zstandard
from isal import isal_zlib

from curation_lib.core.errors import Unreadable

CHUNK = 1 << 20
NEVER_A_BOMB = 256 << 20
"""Bytes of output that no file is judged by: expansion is bounded where it can hurt."""
_FEED_GZIP, _FEED_ZSTD = 4096, 512
"""Compressed bytes a step: bounds a step's output (4 MiB and 16 MiB) and what damage takes with it."""
_DAMAGE: tuple[Any, ...] = (EOFError, isal_zlib.error, zstandard.ZstdError)


def read_chunks(path: str, max_expansion: int) -> Iterator[bytes]:
    """The content of a plain, gzip or Zstandard file, about 1 MiB at a time.

    Raises Unreadable behind the last good bytes: damaged, truncated, or over `max_expansion` times its size.
    """
    with open(path, "rb") as file:
        limit = max(file.seek(0, 2) * max_expansion, NEVER_A_BOMB)
        file.seek(0)
        held = bytearray()
        try:
            for piece in _pieces(file, limit):
                held += piece
                if len(held) >= CHUNK:
                    yield bytes(held)
                    held.clear()
        except _DAMAGE as e:
            yield bytes(held)
            raise Unreadable(f"{type(e).__name__}: {e}") from e
        yield bytes(held)


def _pieces(file: BinaryIO, limit: int) -> Iterator[bytes]:
    head = file.read(4)
    file.seek(0)
    if head[:2] == b"\x1f\x8b":
        make: Callable[[], Any] = partial(isal_zlib.decompressobj, 31)
        feed = _FEED_GZIP
    elif head == b"\x28\xb5\x2f\xfd" or (head[1:] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        make, feed = partial(zstandard.ZstdDecompressor().decompressobj), _FEED_ZSTD
    else:
        yield from iter(partial(file.read, CHUNK), b"")
        return
    seen = 0
    for piece in _decompressed(file, make, feed):
        seen += len(piece)
        if seen > limit:
            raise EOFError(f"decompression bomb: grows beyond {limit} bytes (max_expansion)")
        yield piece


def _decompressed(file: BinaryIO, make: Callable[[], Any], feed: int) -> Iterator[bytes]:
    """Every member (gzip) or frame (Zstandard), one after the other; zero padding behind them is legal."""
    engine = None
    while block := file.read(feed):
        while block:
            if engine is None:
                if not block.strip(b"\0"):
                    break
                engine = make()
            yield engine.decompress(block)
            block = engine.unused_data if engine.eof else b""
            engine = None if engine.eof else engine
    if engine is not None:
        raise EOFError("the file is cut off")
