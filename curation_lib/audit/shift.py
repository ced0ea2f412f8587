"""How accepted synthetic documents differ from the natural ones beside which they are to stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from math import log2
from typing import Any

import numpy as np
import numpy.typing as npt

from curation_lib.audit.builds import Step
from curation_lib.audit.generated import Generation
from curation_lib.audit.queries import Books
from curation_lib.core.contract import SYNTHETIC

SAMPLE = 2000
"""Documents of each kind, those with the smallest doc_ids: doc_ids are hashes, so that is as good as by chance."""
WORDS = 12
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[.!?。！？]+(?:\s|$)|\n")
Shift = dict[str, Any]
Values = npt.NDArray[np.float64]


def shift(open_books: Books, made: Generation) -> Shift:
    """`natural` and `synthetic`: documents looked at; `measures`: of each measure the 10th, 50th and 90th percentile of
    both and `distance` (Kolmogorov and Smirnov's, 0 to 1); `word_divergence` (Jensen and Shannon's, 0 to 1 bit) between
    their words, `more` and `fewer`: the words that contribute most to it, from either side.

    All null or empty where either side has no document. Memory: the texts of 2 x SAMPLE documents.
    """
    natural = _texts(open_books, made.behind, "format <> ?")
    synthetic = _texts(open_books, made.behind, "format = ?")
    counts = {"natural": len(natural), "synthetic": len(synthetic)}
    if not natural or not synthetic:
        return {**counts, "measures": [], "word_divergence": None, "more": [], "fewer": []}
    return {**counts, "measures": _measures(natural, synthetic), **word_shift(natural, synthetic)}


def _texts(open_books: Books, step: Step, where: str) -> list[str]:
    tail = f"ORDER BY doc_id LIMIT {SAMPLE}"
    rows = open_books.rows(step.manifest.parts(), where, [SYNTHETIC], tail, columns=("text",))
    return [row["text"] for row in rows]


def _measures(natural: Sequence[str], synthetic: Sequence[str]) -> list[dict[str, Any]]:
    told = []
    for name, measure in MEASURES.items():
        values = [np.array([measure(text) for text in texts], np.float64) for texts in (natural, synthetic)]
        points = [np.percentile(side, [10, 50, 90]).tolist() for side in values]
        told.append({"name": name, "natural": points[0], "synthetic": points[1], "distance": distance(*values)})
    return told


def distance(one: Values, other: Values) -> float:
    """Kolmogorov and Smirnov's: the largest difference between the shares of both that are at most x, over all x."""
    at = np.concatenate([one, other])
    below = [np.searchsorted(np.sort(side), at, side="right") / len(side) for side in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def word_shift(natural: Sequence[str], synthetic: Sequence[str]) -> dict[str, Any]:
    """Jensen and Shannon's divergence of words in lower case, in bits, and the words behind it."""
    counts = [Counter(word for text in texts for word in _words(text.lower())) for texts in (natural, synthetic)]
    totals = [max(sum(count.values()), 1) for count in counts]
    adds = {word: _share(*(c[word] / n for c, n in zip(counts, totals, strict=True))) for word in counts[0] | counts[1]}
    rises = {word: counts[1][word] * totals[0] > counts[0][word] * totals[1] for word in adds}
    first = sorted(adds, key=lambda word: (-adds[word], word))
    return {
        "word_divergence": float(sum(sorted(adds.values()))),
        "more": [word for word in first if rises[word]][:WORDS],
        "fewer": [word for word in first if not rises[word]][:WORDS],
    }


def _share(p: float, q: float) -> float:
    """What a word of probabilities p and q adds to the divergence, bits."""
    mean = (p + q) / 2
    return sum(x * log2(x / mean) / 2 for x in (p, q) if x)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _per_sentence(text: str) -> float:
    sentences = sum(1 for piece in _SENTENCE.split(text) if piece.strip())
    return len(_words(text)) / sentences if sentences else 0.0


def _mean_length(text: str) -> float:
    words = _words(text)
    return sum(map(len, words)) / len(words) if words else 0.0


def _numbers(text: str) -> float:
    words = _words(text)
    return 100 * sum(any(c.isdigit() for c in word) for word in words) / len(words) if words else 0.0


def _different(text: str) -> float:
    words = _words(text.lower())[:100]
    return len(set(words)) / len(words) if words else 0.0


MEASURES: dict[str, Callable[[str], float]] = {
    "bytes": lambda text: len(text.encode()),
    "words": lambda text: len(_words(text)),
    "words per sentence": _per_sentence,
    "letters per word": _mean_length,
    "words with digits, per 100": _numbers,
    "different words among the first 100": _different,
}
