"""A pool: documents as token ids on disk, to train on or to measure with. A document ends with the tokenizer's end.

Files: `ids.bin` (uint16 or uint32), `offsets.bin` (int64[documents + 1]), `digests.bin` (uint64, xxh3 of the text),
`bytes.bin` (int64, UTF-8 bytes that are predicted), `skipped.bin` (int64, leading tokens that are given only).
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FILES = ("ids.bin", "offsets.bin", "digests.bin", "bytes.bin", "skipped.bin")
_SPAN = float(2**64)
Index = npt.NDArray[np.int64]


class Pool(NamedTuple):
    """ids: memory-mapped. vocabulary: one more than the largest id. eos: what ends each document, in ids, too."""

    ids: npt.NDArray[Any]
    offsets: Index
    digests: npt.NDArray[np.uint64]
    bytes: Index
    skipped: Index
    vocabulary: int
    eos: int

    @property
    def tokens(self) -> int:
        return int(self.offsets[-1])

    def lengths(self) -> Index:
        """Tokens of each document, its end among them."""
        return np.diff(self.offsets)

    def ranked(self, seed: int) -> npt.NDArray[np.uint64]:
        """A pseudo-random number for each document, by what it says and the seed."""
        return scrambled(self.digests ^ np.uint64(scrambled(np.array([seed + 1], np.uint64))[0]))

    def chosen(self, low: float, high: float, tokens: int | None) -> Index:
        """Documents with digest in [low, high) of all, the first of them in seed 0's order that make `tokens`.

        Rows, int64, in that order. At least one where there is any.
        """
        rows = np.flatnonzero(placed(self.digests, low, high))
        rows = rows[np.lexsort((rows, self.ranked(0)[rows]))]
        if tokens is None:
            return rows
        behind = np.cumsum(self.lengths()[rows]) - self.lengths()[rows]
        return rows[behind < tokens]


def placed(digests: npt.NDArray[np.uint64], low: float, high: float) -> npt.NDArray[np.bool_]:
    """Which digests lie in [low, high) of all; a high of 1 takes the rest."""
    place = digests.astype(np.float64) / _SPAN
    found: npt.NDArray[np.bool_] = (place >= low) & ((place < high) | (high >= 1))
    return found


def scrambled(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """splitmix64's finaliser (Steele, Lea & Flood 2014): a bijection without visible order."""
    with np.errstate(over="ignore"):
        x = numbers + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def open_pool(files: Mapping[str, Path], vocabulary: int, eos: int) -> Pool:
    """The pool whose FILES lie at these paths, its ids memory-mapped."""
    dtype = id_type(vocabulary)
    empty = not files["ids.bin"].stat().st_size
    ids = np.zeros(0, dtype) if empty else np.memmap(files["ids.bin"], dtype, "r")
    read: list[Any] = [np.fromfile(files[name], kind) for name, kind in zip(FILES[1:], _KINDS, strict=True)]
    return Pool(ids, read[0], read[1], read[2], read[3], vocabulary, eos)


_KINDS = (np.int64, np.uint64, np.int64, np.int64)


def id_type(vocabulary: int) -> type[np.uint16] | type[np.uint32]:
    """The smallest type that holds every id."""
    return np.uint16 if vocabulary <= 1 << 16 else np.uint32


class Document(NamedTuple):
    """One document for a pool. given: text that is told, not predicted (the prompt of a task). digest: of both as they
    were read, whatever is cut or shuffled later: it tells the document wherever it stands."""

    text: str
    given: str
    digest: int


def read_document(text: str, given: str = "") -> Document:
    """A document as it was read."""
    import xxhash

    return Document(text, given, xxhash.xxh3_64_intdigest((given + "\0" + text).encode()))


class PoolWriter:
    """Writes a pool's files into `folder`, batch after batch. Memory: 32 bytes a document."""

    def __init__(self, folder: Path, tokenizer: Any) -> None:
        self.folder, self.tokenizer = folder, tokenizer
        self._file = (folder / "ids.bin").open("wb")
        self._columns = array("q", [0]), array("Q"), array("q"), array("q")

    def write(self, documents: Sequence[Document]) -> None:
        """Add documents; those without a token are left out."""
        import pyarrow as pa

        given = self.tokenizer.encode(pa.array([one.given for one in documents], pa.large_string()))
        text = self.tokenizer.encode(pa.array([one.text for one in documents], pa.large_string()))
        kind, eos = id_type(self.tokenizer.vocab_size), self.tokenizer.eos
        for n, one in enumerate(documents):
            told = given.ids[given.offsets[n] : given.offsets[n + 1]]
            said = text.ids[text.offsets[n] : text.offsets[n + 1]]
            if not len(said):
                continue
            row = np.concatenate([told, said, [eos]]).astype(kind)
            row.tofile(self._file)
            ends, digests, bytes_, skipped = self._columns
            ends.append(ends[-1] + len(row))
            digests.append(one.digest)
            bytes_.append(len(one.text.encode()))
            skipped.append(len(told))

    def close(self) -> dict[str, int]:
        """Finish the files; counts of documents, tokens and bytes, and the vocabulary and end that reading needs."""
        self._file.close()
        for name, kind, values in zip(FILES[1:], _KINDS, self._columns, strict=True):
            np.asarray(values, kind).tofile(self.folder / name)
        ends, _, bytes_, _ = self._columns
        facts = {"documents": len(bytes_), "tokens": ends[-1], "bytes": sum(bytes_)}
        return {**facts, "vocabulary": self.tokenizer.vocab_size, "eos": self.tokenizer.eos}


def sampled(documents: Iterable[Document], most: int, enough: int | None = None) -> list[Document]:
    """The `most` documents whose hashes are smallest, or as many as have `enough` bytes of text, in that order: the
    same ones in whatever order they come. Memory: theirs, and one document's."""
    chosen: list[tuple[int, str, int, Document]] = []
    held = 0
    for one in documents:
        size = len(one.text.encode())
        insort(chosen, (int(scrambled(np.array([one.digest], np.uint64))[0]), one.text, size, one))
        held += size
        while len(chosen) > most or (enough is not None and held - chosen[-1][2] >= enough):
            held -= chosen.pop()[2]
    return [one for *_, one in chosen]
