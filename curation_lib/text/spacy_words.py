"""What spaCy's tokenizer makes of chunks of text, each asked for once and kept.

The tokenizer splits each run of other than white space by itself. Then it looks for its special cases anywhere in
the document's tokens, so chunks can matter to each other where one may end and the next begin inside a special case
(`text.chunks` then looks them up as one). What it makes of white space is white space, which datatrove throws away.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain, pairwise
from typing import Any

import numpy as np

from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.chunks import Chunks, Missing, enter, letter_marks
from curation_lib.text.described_words import described

MOST = 1 << 20
"""Chunks remembered of a pipeline, about 150 bytes each; then the memory starts anew."""

_STUMBLES, _LIKE_IT = "IS_ALPHA", "IS_ALPHB"


@cache
def chunk_words(code: str) -> ChunkWords:
    """The process's memory of the pipeline `code`."""
    return ChunkWords(code)


class ChunkWords:
    """The words that spaCy's blank pipeline `code` finds in the chunks met so far."""

    def __init__(self, code: str) -> None:
        import spacy  # 1 s, and only the exact mode needs it

        self.pipeline: Any = spacy.blank(code)
        tokenizer: Any = self.pipeline.tokenizer
        self._rules = tokenizer.rules
        self._tails, self._heads = neighbours(tokenizer)
        self._sizes = sorted({*map(len, self._tails), *map(len, self._heads)})
        letters = [w for w in {*self._rules, *self._tails, *self._heads} if w.isascii() and w.isalpha()]
        self._marks = letter_marks(letters)
        self.forget()

    def forget(self) -> None:
        """Start anew, with no chunk known."""
        slots = np.zeros(1 << 14, np.uint64)
        none, counts, flags = np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.uint16)
        self.known = Chunks(slots, np.zeros(1, np.int64), none, none, none, counts, flags, none, self._marks)

    def learn(self, data: Bytes, missing: Missing) -> None:
        """Take up the chunks of `data` that were missing."""
        count = min(int(missing.noted[0]), len(missing.starts))
        spans = zip(missing.starts[:count].tolist(), missing.ends[:count].tolist(), strict=True)
        texts = [data[start:end].tobytes().decode() for start, end in spans]
        with self.pipeline.memory_zone():
            tokens = [self._tokens(text) for text in texts]
        hashes, lengths, flags, glue = described(list(chain.from_iterable(tokens)))
        old, entries = self.known, len(self.known.first) - 1
        slots = _roomy(old, entries + count)
        enter(slots, described(texts)[0], entries)
        self.known = Chunks(
            slots,
            np.concatenate([old.first, old.first[-1] + np.cumsum([len(t) for t in tokens], dtype=np.int64)]),
            np.concatenate([old.tails, self._masks(texts, self._tails, last=True)]),
            np.concatenate([old.heads, self._masks(texts, self._heads, last=False)]),
            np.concatenate([old.hashes, hashes]),
            np.concatenate([old.lengths, lengths]),
            np.concatenate([old.flags, flags]),
            np.concatenate([old.glue, glue]),
            self._marks,
        )

    def _tokens(self, text: str) -> list[str]:
        """The tokenizer's words. spaCy 3.8 raises KeyError where it meets the word IS_ALPHA for the second time."""
        if _STUMBLES not in text:
            return [token.text for token in self.pipeline.tokenizer(text)]
        stand_in = self._tokens(text.replace(_STUMBLES, _LIKE_IT))
        return [word.replace(_LIKE_IT, _STUMBLES) for word in stand_in] if _LIKE_IT not in text else stand_in

    def _masks(self, texts: Sequence[str], of: dict[str, int], *, last: bool) -> Hashes:
        """Each chunk's mask: of every token that it may begin or end with, letters alone being one token."""
        found = []
        for text in texts:
            mask = of.get(text, 0)
            if not (text.isascii() and text.isalpha() and text not in self._rules):
                for size in self._sizes:
                    mask |= of.get(text[-size:] if last else text[:size], 0)
            found.append(mask)
        return np.array(found, np.uint64)


def neighbours(tokenizer: Any) -> tuple[dict[str, int], dict[str, int]]:
    """Which tokens stand next to which in special cases, as masks of 64 bits: `(tails, heads)`. One token comes
    before another in some special case only where its tail and the other's head share a bit."""
    from spacy.tokenizer import Tokenizer

    names = ("prefix_search", "suffix_search", "infix_finditer", "token_match", "url_match")
    bare = Tokenizer(tokenizer.vocab, **{name: getattr(tokenizer, name) for name in names})
    cases = [[token.text for token in bare(case)] for case in tokenizer.rules]
    pairs = {pair for tokens in cases for pair in pairwise(tokens)}
    heads = {after: 1 << i % 64 for i, after in enumerate(sorted({after for _, after in pairs}))}
    tails: dict[str, int] = {}
    for before, after in pairs:
        tails[before] = tails.get(before, 0) | heads[after]
    return tails, heads


def _roomy(known: Chunks, entries: int) -> Hashes:
    """The slots, twice as many as `entries` at least."""
    size = len(known.slots)
    if size >= 4 * entries:
        return known.slots
    while size < 8 * entries:
        size *= 2
    slots = np.zeros(size, np.uint64)
    keys = known.slots.reshape(-1, 2)
    keys = keys[keys[:, 1] > 0]
    enter(slots, np.ascontiguousarray(keys[np.argsort(keys[:, 1]), 0]), 0)
    return slots
