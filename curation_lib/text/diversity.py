"""How alike the texts of a batch are: distinct n-grams, self-BLEU. Texts are lists of word hashes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

Words = Sequence[int]
ORDER = 4
"""Longest n-grams of BLEU (Papineni et al. 2002)."""


def ngrams(words: Words, n: int) -> list[tuple[int, ...]]:
    """Every run of n words."""
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def distinct_share(texts: Sequence[Words], n: int) -> float:
    """Different n-grams / n-grams of all texts (distinct-n, Li et al. 2016); 1 without any."""
    found = [gram for words in texts for gram in ngrams(words, n)]
    return len(set(found)) / len(found) if found else 1.0


def self_bleu(texts: Sequence[Words]) -> float:
    """Mean BLEU-4 of each text with all others as references (Zhu et al. 2018), 0 to 1; 0 for fewer than two texts.

    Counts from bigrams on are smoothed by one (Lin and Och 2004). Each n-gram's two largest counts over the texts give
    its clip without comparing pairs.
    """
    texts = [words for words in texts if words]
    if len(texts) < 2:
        return 0.0
    counts = [[Counter(ngrams(words, n)) for n in range(1, ORDER + 1)] for words in texts]
    tops = [_two_largest([one[n] for one in counts]) for n in range(ORDER)]
    lengths = sorted(len(words) for words in texts)
    return math.fsum(_bleu(one, tops, len(words), lengths) for one, words in zip(counts, texts, strict=True)) / len(
        texts
    )


def _two_largest(counts: Sequence[Counter[tuple[int, ...]]]) -> dict[tuple[int, ...], tuple[int, int]]:
    out: dict[tuple[int, ...], tuple[int, int]] = {}
    for one in counts:
        for gram, count in one.items():
            first, second = out.get(gram, (0, 0))
            out[gram] = (max(first, count), max(second, min(first, count)))
    return out


def _bleu(
    counts: Sequence[Counter[tuple[int, ...]]],
    tops: Sequence[dict[tuple[int, ...], tuple[int, int]]],
    length: int,
    lengths: Sequence[int],
) -> float:
    logs = []
    for n, (mine, top) in enumerate(zip(counts, tops, strict=True)):
        met = sum(min(count, _of_others(top[gram], count)) for gram, count in mine.items())
        total = sum(mine.values())
        if n == 0 and not met:
            return 0.0
        logs.append(math.log(met / total if n == 0 else (met + 1) / (total + 1)))
    return _brevity(length, lengths) * math.exp(math.fsum(logs) / ORDER)


def _of_others(top: tuple[int, int], count: int) -> int:
    """The largest count in another text than one that has `count`."""
    return top[1] if top[0] == count else top[0]


def _brevity(length: int, lengths: Sequence[int]) -> float:
    """BLEU's penalty for a text shorter than the reference nearest in length."""
    others = list(lengths)
    others.remove(length)
    nearest = min(others, key=lambda other: (abs(other - length), other))
    return 1.0 if length >= nearest else math.exp(1 - nearest / length)
