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

AT_ONCE = 1 << 20
"""Bytes of text, or one text, that are looked up at a time: at most 4 bytes for each of their bytes are held beside
their ids, and 48 for each piece that is new."""
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
        self._lock = Lock()
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
        size = int(offsets[-1] - offsets[0])
        known, ends = np.empty(size if wanted else 0, np.uint32), np.zeros(len(offsets), np.int64)
        missing = room_for_missing(size + 1)
        self._memo = grown(self._memo)
        try:
            look_up(data, offsets, whole, self._classes, self._split, self._memo, wanted, known, ends, missing)
            found = self._found(data, missing)
        except BaseException:
            self.forget()  # pieces that wait for ids would wait for ever
            raise
        known, sizes = known[: ends[-1] if wanted else 0], np.diff(ends)
        if not missing.found[PLACES]:
            return known.copy(), sizes
        count = int(missing.found[PLACES])
        more = np.diff(found.offsets)[missing.pieces[:count]]
        np.add.at(sizes, missing.rows[:count], more)
        if not wanted:
            return known, sizes
        out = np.empty(int(sizes.sum()), np.uint32)
        put_in(known, missing, found.ids, found.offsets, out)
        return out, sizes

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
