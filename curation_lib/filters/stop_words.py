"""Stop words by language: which list a document is held against, and what becomes of one whose language has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal
from unicodedata import category

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.stage import Rule
from curation_lib.text.named_languages import UNKNOWN
from curation_lib.text.statistics import STOP_WORDS

Words = tuple[str, ...]
StopWords = Words | dict[str, Words]
WithoutList = Literal["stop", "pass"]
ENGLISH: dict[str, Words] = {"en": STOP_WORDS, UNKNOWN: STOP_WORDS}
"""Gopher's list is English; texts whose language nobody identified are held against it, too."""


def check_stop_words(value: StopWords) -> StopWords:
    """`value`; ValueError for what is not one word, and for a list without words."""
    lists = value if isinstance(value, dict) else {"all languages": value}
    if not lists or not all(lists.values()):
        raise ValueError("a list holds no word; leave the language out, or turn the rule off by min_stop_words: null")
    for word in (word for words in lists.values() for word in words):
        if not word or any(category(c)[0] not in "LNM" for c in word):  # no kernel here: every recipe is checked
            raise ValueError(f"{word!r} is not one word")
    return value


def stop_word_counts(
    batch: pa.RecordBatch,
    lists: StopWords,
    shared: npt.NDArray[np.int64],
    count: Callable[[pa.RecordBatch, Words], npt.NDArray[np.int64]],
) -> pa.Int64Array:
    """int64 per document: different words met of its language's list, null where the language has none.

    A list for `de` serves `de-AT`; one tuple serves all. `shared`: the counts for STOP_WORDS, which the block has
    anyway; `count(documents, words)` gives those of another list.
    """
    if not isinstance(lists, Mapping):
        return pa.array(shared if lists == STOP_WORDS else count(batch, lists), pa.int64())
    languages = pc.fill_null(batch.column("language"), UNKNOWN).dictionary_encode()
    chosen = [_list_for(language, lists) for language in languages.dictionary.to_pylist()]
    place = languages.indices.to_numpy()
    counts = np.zeros(batch.num_rows, np.int64)
    for words in {one for one in chosen if one is not None}:
        rows = np.isin(place, [n for n, one in enumerate(chosen) if one == words])
        counts[rows] = shared[rows] if words == STOP_WORDS else count(batch.filter(pa.array(rows)), words)
    return pa.array(counts, pa.int64(), mask=np.isin(place, [n for n, one in enumerate(chosen) if one is None]))


def _list_for(language: str, lists: Mapping[str, Words]) -> Words | None:
    return lists.get(language) or lists.get(language.replace("_", "-").partition("-")[0])


def without_list(rule: Rule, policy: WithoutList) -> Rule:
    """The rule's verdict where the score is null: `pass` lets the document by, `stop` has the build name it."""
    if policy == "pass":
        return replace(rule, failed=pc.fill_null(rule.failed, False))
    return replace(
        rule,
        unjudged="`stop_words` has no list for its language; add one, drop the language before with filters.language, "
        "set `without_list: pass`, or turn the rule off by null",
    )
