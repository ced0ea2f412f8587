"""What training knows of its texts: which words they hold, and mixtures of dense texts with polished sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import xxhash
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, arrow_buffers
from curation_lib.text.plain_words import KIND_OF, is_word, width_of, word_at

SHORTEST, LONGEST = 250, 1_500
"""Bytes of a passage that is mixed: the length of a paragraph or two."""
MOST_PASSAGES = 60
"""Per source, of which the hash decides."""
_SPACE = re.compile(r"\s")
_SENTENCE = re.compile(r"(?<=[.!?])[\"”')]*\s+(?=[\"“(A-Z])")


class Text(NamedTuple):
    """One training text: what it says, whether it is dense, and where it is from."""

    text: str
    dense: bool
    source: str


def word_keys(texts: Sequence[str]) -> list[Hashes]:
    """The hashes of each text's words, in order."""
    data, offsets = arrow_buffers(pa.array(texts, pa.large_string()))
    return [_keys(data, offsets[row], offsets[row + 1], KIND_OF) for row in range(len(texts))]


@njit(nogil=True, cache=True)
def _keys(data: Bytes, start: int, stop: int, kinds: Bytes) -> Hashes:
    found, n, i = np.zeros((stop - start) // 2 + 1, np.uint64), 0, start
    while i < stop:
        if is_word(data, i, stop, kinds):
            word = word_at(data, i, stop, kinds)
            found[n], n, i = word.key, n + 1, word.stop
        else:
            i += width_of(data, i)
    return found[:n]


def cut(text: str, length: int) -> list[str]:
    """The text in runs of `length` characters or a few more, to the next white space; the last, shorter one only where
    it is all there is."""
    found, start = [], 0
    while start + length < len(text):
        space = _SPACE.search(text, start + length)
        stop = space.start() if space else len(text)
        found.append(text[start:stop])
        start = stop
    return found or [text]


def mixtures(texts: Sequence[Text]) -> list[Text]:
    """Passages of dense texts, each also with sentences of a polished text between its own.

    The mixture holds the same facts, or fewer where the hash says so: then it is as long as the passage. So what tells
    the two apart is neither topic nor length. Both carry the dense text's source.
    """
    passages = [Text(passage, True, one.source) for one in texts if one.dense for passage in _passages(one.text)]
    padding = [found for one in texts if not one.dense for found in _sentences(one.text) if 20 <= len(found) <= 300]
    found = []
    for passage in _few_each(passages):
        found += [passage, Text(_padded(passage.text, padding), False, passage.source)]
    return found if padding else []


def _few_each(passages: Sequence[Text]) -> list[Text]:
    ordered = sorted(passages, key=lambda one: xxhash.xxh3_64_intdigest(one.text.encode()))
    taken: dict[str, int] = {}
    kept = []
    for one in ordered:
        taken[one.source] = taken.get(one.source, 0) + 1
        if taken[one.source] <= MOST_PASSAGES:
            kept.append(one)
    return kept


def _passages(text: str) -> list[str]:
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        one = " ".join(paragraph.split())
        if SHORTEST <= len(one.encode()) <= LONGEST and len(_sentences(one)) >= 2:
            found.append(one)
    return found


def _sentences(text: str) -> list[str]:
    return [one for one in (" ".join(part.split()) for part in _SENTENCE.split(text)) if one]


def _padded(passage: str, padding: Sequence[str]) -> str:
    """The passage's sentences with a run of 1 to 3 neighbouring ones of a polished text before, between or after."""
    own = _sentences(passage)
    draw = np.random.default_rng(xxhash.xxh3_64_intdigest(passage.encode()))
    if draw.random() < 0.4:
        own = own[: max(1, len(own) // 2)]
    gaps: list[str] = []
    for one in [*own, ""]:
        if draw.random() < 0.6 or (not one and len(gaps) == len(own)):
            first = int(draw.integers(len(padding)))
            gaps += padding[first : first + int(draw.integers(1, 4))]
        gaps.append(one)
    return " ".join(part for part in gaps if part)
