"""A file's bytes in order, decompressed by what its first bytes say; what lies before damage is handed on."""

from __future__ import annotations

import bz2
import lzma
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import zstandard
from isal import isal_zlib

from curation_lib.core.errors import Unreadable

CHUNK = 1 << 20
NEVER_A_BOMB = 256 << 20
"""Bytes of output that no file is judged by: expansion is bounded where it can hurt."""


class Codec(NamedTuple):
    """A way to compress: how to know it by four bytes, what undoes it, how many compressed bytes it is fed at a time,
    and what that makes of them. This bounds what is held (4 MiB of gzip's output, 16 MiB of Zstandard's, 1 MiB of the
    others') and what damage takes with it."""

    knows: Callable[[bytes], bool]
    make: Callable[[], Any]
    feed: int
    outputs: Callable[[Any, bytes], Iterator[bytes]]


def _at_once(engine: Any, block: bytes) -> Iterator[bytes]:
    yield engine.decompress(block)


def _in_steps(engine: Any, block: bytes) -> Iterator[bytes]:
    """For bzip2 and xz, of which a few bytes may make hundreds of megabytes."""
    try:
        yield engine.decompress(block, CHUNK)
        while not (engine.eof or engine.needs_input):
            yield engine.decompress(b"", CHUNK)
    except OSError as e:  # how bz2 says that bytes are damaged
        raise EOFError(str(e)) from e


GZIP = Codec(lambda head: head[:2] == b"\x1f\x8b", partial(isal_zlib.decompressobj, 31), 4096, _at_once)
ZSTD = Codec(
    lambda head: head == b"\x28\xb5\x2f\xfd" or (head[1:] == b"\x2a\x4d\x18" and head[0] >> 4 == 5),
    lambda: zstandard.ZstdDecompressor().decompressobj(),
    512,
    _at_once,
)
BZIP2 = Codec(lambda head: head[:3] == b"BZh", bz2.BZ2Decompressor, 4096, _in_steps)
XZ = Codec(lambda head: head == b"\xfd7zX", lzma.LZMADecompressor, 4096, _in_steps)
USUAL, ALL = (GZIP, ZSTD), (GZIP, ZSTD, BZIP2, XZ)
_DAMAGE: tuple[Any, ...] = (EOFError, isal_zlib.error, zstandard.ZstdError, lzma.LZMAError)


class TooLarge(Unreadable):
    """The content is longer than it may be."""


def read_chunks(path: str, limit: int, setting: str, codecs: tuple[Codec, ...] = USUAL) -> Iterator[bytes]:
    """The content of a file, compressed in one of `codecs` or not at all, about 1 MiB at a time.

    Raises Unreadable behind the last good bytes: damaged, truncated, or (TooLarge) compressed and over `limit` bytes;
    `setting` is what the limit is called.
    """
    with open(path, "rb") as file:
        held = bytearray()
        try:
            for piece in _pieces(file, limit, setting, codecs):
                held += piece
                if len(held) >= CHUNK:
                    yield bytes(held)
                    held.clear()
        except TooLarge:
            yield bytes(held)
            raise
        except _DAMAGE as e:
            yield bytes(held)
            raise Unreadable(f"{type(e).__name__}: {e}") from e
        yield bytes(held)


def expansion_limit(path: str, factor: int) -> int:
    """Bytes that a file may hold which must not grow by more than `factor`."""
    return max(os.stat(path).st_size * factor, NEVER_A_BOMB)


def ends_within_member(file: BinaryIO, start: int) -> bool:
    """Whether what is left of `file` from `start`, where a gzip member begins, ends before that member does, or is
    damaged. Decompresses it, 4 MiB at a time."""
    file.seek(start)
    try:
        for _ in _decompressed(file, GZIP):
            pass
    except _DAMAGE:
        return True
    return False


def _pieces(file: BinaryIO, limit: int, setting: str, codecs: tuple[Codec, ...]) -> Iterator[bytes]:
    head = file.read(4)
    file.seek(0)
    codec = next((codec for codec in codecs if codec.knows(head)), None)
    if codec is None:
        yield from iter(partial(file.read, CHUNK), b"")
        return
    seen = 0
    for piece in _decompressed(file, codec):
        seen += len(piece)
        if seen > limit:
            raise TooLarge(f"EOFError: decompression bomb: grows beyond {limit} bytes ({setting})")
        yield piece


def _decompressed(file: BinaryIO, codec: Codec) -> Iterator[bytes]:
    """Every member (gzip) or frame (Zstandard), one after the other; zero padding behind them is legal."""
    engine = None
    while block := file.read(codec.feed):
        while block:
            if engine is None:
                if not block.strip(b"\0"):
                    break
                engine = codec.make()
            yield from codec.outputs(engine, block)
            block = engine.unused_data if engine.eof else b""
            engine = None if engine.eof else engine
    if engine is not None:
        raise EOFError("the file is cut off")
