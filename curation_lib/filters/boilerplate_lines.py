"""`filters.boilerplate_lines`: takes the page's furniture out of a text, line by line (after RefinedWeb, Penedo et al.
2023, G.2).

A Map: each byte span removed is an Edit with its rule. A line goes by the first rule that it fails:
`max_uppercase_ratio`, `numeric`, `counters`, `min_words`, then those of phrases (`boilerplate_phrases`): `cookies`,
`comments`, `sharing`, `read_more`, `navigation`, `subscription`, `copyright`, `advertisement`. Where lines went, so
does `whitespace` at both ends of the text. A document is dropped by `max_removed_word_ratio` (score: words of removed
lines / words) or, with nothing left, as `empty`. Blank lines stay.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
from pydantic import field_validator

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Context, Map, Result
from curation_lib.core.taken import Drop
from curation_lib.filters.boilerplate_phrases import COUNTED, PHRASES
from curation_lib.filters.marked_text import without_marked
from curation_lib.text import boilerplate
from curation_lib.text.boilerplate import FurnitureRules, mark_furniture
from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.characters import character_table
from curation_lib.text.phrases import fold_table, phrases

GROUPS = tuple(PHRASES)
RULES = ("", "whitespace", "max_uppercase_ratio", "numeric", "counters", "min_words", *GROUPS)
"""Rule of each mark in `text.boilerplate`."""
COOKIE_WORDS = 60
"""A cookie banner is a paragraph; what else is furniture is short."""
_PLACES = {name: getattr(boilerplate, name.upper()) for name in ("anywhere", "start", "end", "whole", "edge")}


class BoilerplateLinesConfig(StageConfig):
    """Null or false turns a rule off.

    max_uppercase_ratio: of a line's letters. numeric: digits and signs, no letter. counters: numbers and what they
    count (`3 likes`). min_words: a line with fewer goes. phrases: which groups of phrases apply, to lines of
    `max_phrase_words` words at most (cookie banners: 60). max_removed_word_ratio: 0.05 is RefinedWeb's.
    """

    max_uppercase_ratio: float | None = 0.8
    numeric: bool = True
    counters: bool = True
    min_words: int | None = 2
    phrases: tuple[str, ...] = GROUPS
    max_phrase_words: int = 10
    max_removed_word_ratio: float | None = None

    @field_validator("phrases")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(GROUPS)):
            raise ValueError(f"no phrases are called {unknown[0]!r}; have {', '.join(GROUPS)}")
        return value


def edit_furniture(batch: pa.RecordBatch, config: BoilerplateLinesConfig, context: Context) -> Result:
    """Take lines out. Edits of row i are ordered, disjoint byte spans of its text; a dropped row has none."""
    data, offsets = arrow_buffers(batch.column("text"))
    marks, words, removed = mark_furniture(data, offsets, character_table(), fold_table(), furniture_rules(config))
    ratio = np.divide(removed, words, out=np.zeros(len(words)), where=words > 0)
    most, dropped = config.max_removed_word_ratio, {}
    if most is not None:
        name = "max_removed_word_ratio"
        dropped = {int(row): Drop(int(row), name, float(ratio[row]), most) for row in np.flatnonzero(ratio > most)}
    return without_marked(batch, marks, RULES, dropped)


@cache
def furniture_rules(config: BoilerplateLinesConfig) -> FurnitureRules:
    """The settings as the kernel takes them."""
    entries = [(GROUPS.index(g), _PLACES[p], e) for g in config.phrases for p, some in PHRASES[g].items() for e in some]
    entries += [(boilerplate.COUNTED, boilerplate.ANYWHERE, word) for word in COUNTED]
    return FurnitureRules(
        -1.0 if config.max_uppercase_ratio is None else config.max_uppercase_ratio,
        config.numeric,
        config.counters,
        -1 if config.min_words is None else config.min_words,
        config.max_phrase_words,
        phrases([entry for _, _, entry in entries]),
        np.array([group for group, _, _ in entries], np.int64),
        np.array([place for _, place, _ in entries], np.int64),
        np.array([COOKIE_WORDS if group == "cookies" else 0 for group in GROUPS], np.int64),
    )


STAGE = Map(
    name="filters.boilerplate_lines",
    version=2,
    config=BoilerplateLinesConfig,
    summary="cookie banners, navigation, share buttons, counters, upper-case and one-word lines (RefinedWeb)",
    fn=edit_furniture,
)
