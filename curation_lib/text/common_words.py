"""Words that English texts write small: a capital letter at the head of a sentence does not make them names."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from curation_lib.text.word_forms import stem

COMMON_WORDS = str(Path(__file__).with_name("common_words.txt"))
"""One word a line, from texts of three origins (see tests/synthetic/common_words.py)."""


@cache
def common_stems() -> frozenset[str]:
    """The words' stems."""
    return frozenset(stem(word) for word in Path(COMMON_WORDS).read_text("utf-8").split())
