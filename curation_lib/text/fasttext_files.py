"""Whether a file is a whole fastText model: fastText itself loads a cut one without complaint, or never returns.

The layout is that of fastText 0.9's `FastText::saveModel`: a head, the dictionary, and two matrices, of float32 or
quantised (`.ftz`).
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import NamedTuple

KIND, FILE = "fasttext", "model.bin"
"""A classifier as an artefact (`core.artefact`): its kind, and its file."""
MAGIC = (793712314).to_bytes(4, "little")
_HEAD = struct.Struct("<4si12id3iqq")
"""Magic, version, 12 settings and the sampling threshold; entries, words, labels, tokens, pruned entries."""
_MATRIX = struct.Struct("<qq")
"""Rows and columns of a dense matrix; the numbers follow."""
_QUANTISED = struct.Struct("<?qqi")
"""Whether norms are quantised, too; rows, columns, bytes of codes."""
_QUANTIZER = struct.Struct("<iiii")
"""Dimension, parts, and their sizes; 256 centroids of float32 per dimension follow."""
AFTER_WORD = 9
"""Bytes of count and kind behind each word's NUL."""
_SUPERVISED, _SOFTMAX, _NO_PIECES = 3, 3, 11
"""The kind of model that has labels; the loss; the version whose classifiers have no pieces of words, whatever they
say."""


class Head(NamedTuple):
    """How a model was trained and how large it is. supervised: has labels. softmax: so are their probabilities made.
    longest: words of an n-gram, at most. bucket: rows that n-grams and pieces of words share. pieces: whether words
    have them. entries: words and labels of the dictionary, in that order; words: how many are words."""

    supervised: bool
    softmax: bool
    longest: int
    bucket: int
    pieces: bool
    entries: int
    words: int


class Part(NamedTuple):
    """A part of a file: its first byte, and its shape, which for a matrix of float32 is rows and columns."""

    start: int
    shape: tuple[int, ...]


class Layout(NamedTuple):
    """Where the parts of a model of full precision lie; of the dictionary the shape is its bytes."""

    dictionary: Part
    rows: Part
    outputs: Part


def read_head(path: Path) -> Head:
    """The head of a whole model."""
    with path.open("rb") as file:
        told = _HEAD.unpack(file.read(_HEAD.size))
    version, (longest, loss, kind, bucket), most = told[1], told[7:11], told[12]
    supervised = kind == _SUPERVISED
    pieces = most > 0 and not (version == _NO_PIECES and supervised)
    return Head(supervised, loss == _SOFTMAX, longest, bucket, pieces, *told[15:17])


def layout(path: Path) -> Layout | None:
    """Where the parts of a whole model lie; None for a quantised one."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = _after_dictionary(data)
        if data[at] != 0:
            return None
        dictionary = Part(_HEAD.size, (at - _HEAD.size,))
        rows, outputs = _dense(data, at + 1), _dense(data, _after_matrix(data, at + 1, False) + 1)
    return Layout(dictionary, rows, outputs)


def _dense(data: mmap.mmap, at: int) -> Part:
    rows, columns = _MATRIX.unpack_from(data, at)
    return Part(at + _MATRIX.size, (rows, columns))


def check_kind(path: Path, remedy: str) -> None:
    """ValueError, with `remedy`, unless the file at `path` begins as a fastText model does."""
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as e:
        raise ValueError(f"cannot read {path} ({e.strerror}); {remedy}") from e
    if head != MAGIC:
        raise ValueError(f"{path} is no fastText model; {remedy}")


def check_whole(path: Path, remedy: str) -> None:
    """ValueError, with `remedy`, unless the model's parts fill the file to its last byte."""
    check_kind(path, remedy)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            whole = _end(data) == len(data)
        except (struct.error, IndexError):
            whole = False
    if not whole:
        raise ValueError(f"{path} is a fastText model cut short; {remedy}")


def _end(data: mmap.mmap) -> int:
    """Where the last matrix ends. Raises struct.error or IndexError where the file ends before."""
    at = _after_dictionary(data)
    quantised = data[at] != 0
    at = _after_matrix(data, at + 1, quantised)
    return _after_matrix(data, at + 1, quantised and data[at] != 0)


def _after_dictionary(data: mmap.mmap) -> int:
    at: int = _HEAD.size
    *_, entries, _words, _labels, _tokens, pruned = _HEAD.unpack_from(data, 0)
    for _ in range(entries):
        end = data.find(b"\0", at)
        if end < 0:
            raise IndexError("the dictionary is cut")
        at = end + 1 + AFTER_WORD
    return at + 8 * max(int(pruned), 0)


def _after_matrix(data: mmap.mmap, at: int, quantised: bool) -> int:
    if not quantised:
        rows, columns = (int(one) for one in _MATRIX.unpack_from(data, at))
        return at + _MATRIX.size + 4 * rows * columns
    norms, rows, _columns, codes = _QUANTISED.unpack_from(data, at)
    at = _after_quantizer(data, at + _QUANTISED.size + int(codes))
    return _after_quantizer(data, at + int(rows)) if norms else at


def _after_quantizer(data: mmap.mmap, at: int) -> int:
    dimension, *_ = _QUANTIZER.unpack_from(data, at)
    return at + _QUANTIZER.size + 4 * 256 * int(dimension)
