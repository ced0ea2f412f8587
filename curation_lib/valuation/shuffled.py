"""The negative: documents whose words stand in another order. What a model still gains from it is not what they say."""

from __future__ import annotations

import re

import numpy as np
import xxhash

_WORD = re.compile(r"\S+")


def shuffled(text: str) -> str:
    """The text's words in an order of its own hash, its white space where it was."""
    words = _WORD.findall(text)
    order = np.random.default_rng(xxhash.xxh3_64_intdigest(text.encode())).permutation(len(words))
    drawn = iter(order)
    return _WORD.sub(lambda _: words[next(drawn)], text)
