"""Coherence in plain Python, from its definition."""

from __future__ import annotations

import math
import unicodedata
from itertools import pairwise

from curation_lib.text.characters import BREAKS, QUOTES
from curation_lib.text.codepoints import UNSPACED
from tests.text.reference import SENTENCE_ENDS


def sentences(text: str) -> list[set[str]]:
    """The words of each sentence that has one, each as its first five letters."""
    out: list[set[str]] = [set()]
    word, alone, ended = "", False, False
    for char in text:
        category = unicodedata.category(char)
        letter = category[0] in "LNM"
        single = any(a <= ord(char) <= b for a, b in UNSPACED) and (category[0] == "L" or category == "Nl")
        if word and (not letter or single or (alone and category[0] != "M")):
            out[-1].add(word[:5])
            word, alone = "", False
        if letter:
            word, alone, ended = word + char.lower()[0], alone or single, False
        elif ord(char) in BREAKS or (ended and char.isspace()) or (char in SENTENCE_ENDS and ord(char) >= 0x3000):
            out.append(set())
            ended = False
        else:
            ended = char in SENTENCE_ENDS or (ended and (char in QUOTES or char in ")]}*_"))
    if word:
        out[-1].add(word[:5])
    return [words for words in out if words]


def reference(text: str) -> float:
    """The score; NaN where no word says anything."""
    found = sentences(text)
    n, won, most = len(found), 0.0, 0.0
    places: dict[str, list[int]] = {}
    for i, words in enumerate(found):
        for word in sorted(words):
            places.setdefault(word, []).append(i)
    for where in places.values():
        k = len(where)
        if 1 < k < n:
            chance = sum(math.comb(n - d, k - 1) / math.comb(n, k) / d for d in range(1, n - k + 2))
            weight = math.log(n / k)
            won += weight * (sum(1 / (b - a) for a, b in pairwise(where)) - (k - 1) * chance)
            most += weight * (k - 1) * (1 - chance)
    return won / most if most else math.nan
