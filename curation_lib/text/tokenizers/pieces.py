"""Encoding by kernels: texts are split by a known pattern, pieces looked up, and a library asked once for each that is
new. So the ids are the library's, and most text costs a look-up per word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise
from threading import Lock

import numpy as np
import numpy.typing as npt

from curation_lib.text.buffers import Bytes, Column, Offsets, arrow_buffers
from curation_lib.text.tokenizers.classes import Classes
from curation_lib.text.tokenizers.lookup import PIECES, PLACES, TEXT, Missing, look_up, put_in, room_for_missing
from curation_lib.text.tokenizers.memo import grown, new_memo, settle
from curation_lib.text.tokenizers.splits import Split
from curation_lib.text.tokenizers.tokenizer import Counts, Encoded, Ids

AT_ONCE, NEW = 1 << 20, 1 << 15
"""Bytes of text whose results are put together; ids, and new pieces, that are held before: 4 MiB and 1.5 MiB, also of
one text that is larger."""
Whole = npt.NDArray[np.bool_]


class Pieces:
    """encode_piece: the ids of a piece of UTF-8; encode_text: those of a text that the kernels do not know, whole."""

    def __init__(
        self,
        split: Split,
        classes: Classes,
        encode_piece: Callable[[bytes], Sequence[int]],
        encode_text: Callable[[str], Ids],
    ) -> None:
        self._split, self._classes = split, classes
        self._encode_piece, self._encode_text = encode_piece, encode_text
        self._known, self._missing, self._lock = np.empty(AT_ONCE, np.uint32), room_for_missing(NEW), Lock()
        self.forget()

    def forget(self) -> None:
        """Start anew, with no piece known."""
        self._memo = new_memo()

    def count(self, text: Column, whole: Whole | None = None) -> Counts:
        """Ids of each string; `whole` rows go to `encode_text`."""
        return np.concatenate([np.zeros(0, np.int64), *(sizes for _, sizes in self._each(text, whole, False))])

    def encode(self, text: Column, whole: Whole | None = None) -> Encoded:
        """The ids themselves."""
        parts = list(self._each(text, whole, True))
        ids = np.concatenate([np.zeros(0, np.uint32), *(ids for ids, _ in parts)])
        offsets = np.zeros(len(text) + 1, np.int64)
        np.cumsum(np.concatenate([np.zeros(0, np.int64), *(sizes for _, sizes in parts)]), out=offsets[1:])
        return Encoded(ids, offsets)

    def _each(self, text: Column, whole: Whole | None, wanted: bool) -> Iterator[tuple[Ids, Counts]]:
        data, offsets = arrow_buffers(text)
        whole = np.zeros(len(text), np.bool_) if whole is None else whole
        for begin, end in _ranges(offsets):
            with self._lock:
                yield self._run(data, offsets[begin : end + 1], whole[begin:end], wanted)

    def _run(self, data: Bytes, offsets: Offsets, whole: Whole, wanted: bool) -> tuple[Ids, Counts]:
        """Ids (empty unless `wanted`) and how many each row has."""
        parts: list[Ids] = []
        sizes = np.zeros(len(whole), np.int64)
        row, at = 0, int(offsets[0])
        while row < len(whole):
            self._memo = grown(self._memo)
            left = np.concatenate([[at], offsets[row + 1 :]])
            try:
                stop, at = self._part(data, left, whole[row:], wanted, parts, sizes[row:])
            except BaseException:
                self.forget()  # pieces that wait for ids would wait for ever
                raise
            if self._doubtful(left[0], offsets[row]):
                again = whole.copy()
                again[row] = True
                return self._run(data, offsets, again, wanted)
            row += stop
        return np.concatenate([np.zeros(0, np.uint32), *parts]), sizes

    def _doubtful(self, begun: int, start: int) -> bool:
        """Whether a text that was begun before turned out to be for the library, whole."""
        missing = self._missing
        count = missing.found[PIECES]
        texts = missing.starts[:count][missing.slots[:count] == TEXT]
        return begun > start and bool(np.any(texts == begun))

    def _part(
        self, data: Bytes, offsets: Offsets, whole: Whole, wanted: bool, parts: list[Ids], sizes: Counts
    ) -> tuple[int, int]:
        """Add the ids of as many pieces as there is room for to `parts`, their numbers to `sizes`; the row and the byte
        where that ends."""
        missing, ends = self._missing, np.zeros(len(offsets), np.int64)
        missing.found[:] = 0
        stop, at = look_up(
            data, offsets, whole, self._classes, self._split, self._memo, wanted, self._known, ends, missing
        )
        found = self._found(data, missing)
        ends[stop + 2 :] = ends[min(stop + 1, len(whole))]  # of rows that were not reached
        places = int(missing.found[PLACES])
        more = np.diff(found.offsets)[missing.pieces[:places]]
        sizes += np.diff(ends)
        np.add.at(sizes, missing.rows[:places], more)
        if wanted:
            out = np.empty(int(ends[-1] + more.sum()), np.uint32)
            put_in(self._known[: ends[-1]], missing, found.ids, found.offsets, out)
            parts.append(out)
        return stop, at

    def _found(self, data: Bytes, missing: Missing) -> Encoded:
        """What the library says of the pieces that were missing; the memo learns it."""
        count = int(missing.found[PIECES])
        spans = zip(*(column[:count].tolist() for column in (missing.starts, missing.ends, missing.slots)), strict=True)
        lists = [self._asked(data[start:end].tobytes(), slot) for start, end, slot in spans]
        offsets = np.zeros(count + 1, np.int64)
        np.cumsum([len(one) for one in lists], out=offsets[1:])
        ids = np.fromiter(chain.from_iterable(lists), np.uint32, int(offsets[-1]))
        settle(missing.slots[:count], ids, offsets, self._memo)
        return Encoded(ids, offsets)

    def _asked(self, piece: bytes, slot: int) -> Sequence[int] | Ids:
        return self._encode_text(piece.decode()) if slot == TEXT else self._encode_piece(piece)


def _ranges(offsets: Offsets) -> Iterator[tuple[int, int]]:
    """Rows [begin, end) of at most AT_ONCE bytes, or one row."""
    edges = [0]
    while edges[-1] < len(offsets) - 1:
        last = int(np.searchsorted(offsets, offsets[edges[-1]] + AT_ONCE, side="right")) - 1
        edges.append(max(last, edges[-1] + 1))
    return pairwise(edges)
