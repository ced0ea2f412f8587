"""Whether a file is a whole fastText model: fastText itself loads a cut one without complaint, or never returns.

The layout is that of fastText 0.9's `FastText::saveModel`: a head, the dictionary, and two matrices of float32.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

MAGIC = (793712314).to_bytes(4, "little")
REMEDY = "give the path of a fastText model (.bin), or leave `model` out for the embedding that needs none"
_HEAD = struct.Struct("<4si12id3iqq")
"""Magic, version, 12 settings and the sampling threshold; entries, words, labels, tokens, pruned entries."""
_MATRIX = struct.Struct("<?qq")
"""Whether it is quantised, rows, columns; the numbers follow."""
_AFTER_WORD = 9
"""Bytes of count and kind behind each word's NUL."""


def check_kind(path: Path) -> None:
    """ValueError, with remedy, unless the file at `path` begins as a fastText model does."""
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as e:
        raise ValueError(f"cannot read {path} ({e.strerror}); {REMEDY}") from e
    if head != MAGIC:
        raise ValueError(f"{path} is no fastText model; {REMEDY}")


def check_whole(path: Path) -> None:
    """ValueError, with remedy, unless the model's parts fill the file to its last byte."""
    check_kind(path)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            whole = _end(data) == len(data)
        except (struct.error, IndexError):
            whole = False
    if not whole:
        raise ValueError(f"{path} is a fastText model cut short or quantised; {REMEDY}")


def _end(data: mmap.mmap) -> int:
    """Where the last matrix ends. Raises struct.error or IndexError where the file ends before."""
    at: int = _HEAD.size
    *_, entries, _words, _labels, _tokens, pruned = _HEAD.unpack_from(data, 0)
    for _ in range(entries):
        end = data.find(b"\0", at)
        if end < 0:
            raise IndexError("the dictionary is cut")
        at = end + 1 + _AFTER_WORD
    at += 8 * max(pruned, 0)
    for _ in range(2):
        quantised, rows, columns = _MATRIX.unpack_from(data, at)
        at += _MATRIX.size + (0 if quantised else 4 * int(rows) * int(columns))
    return at
