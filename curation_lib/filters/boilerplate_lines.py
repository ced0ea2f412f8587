"""`filters.boilerplate_lines`: takes the page's furniture out of a text, line by line (after RefinedWeb, Penedo et al.
2023, G.2).

A Map: each byte span removed is an Edit with its rule. A line goes by the first rule that it fails:
`max_uppercase_ratio`, `numeric`, `counters`, `min_words`, then those of phrases (`boilerplate_phrases`): `cookies`,
`comments`, `sharing`, `read_more`, `navigation`, `subscription`, `copyright`, `advertisement`. Where lines went, so
does `whitespace` at both ends of the text. A document is dropped by `max_removed_word_ratio` (score: words of removed
lines / words) or, with nothing left, as `empty`. Blank lines stay. With `dialect: dclm` they are DCLM's modifiers of
its RefinedWeb (`refinedweb_lines`), one after the other.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import model_validator

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Context, Map, Result
from curation_lib.core.taken import Drop
from curation_lib.filters.boilerplate_phrases import COUNTED, PHRASES
from curation_lib.filters.marked_text import without_marked
from curation_lib.filters.modified_text import follow_dialect, modified
from curation_lib.filters.refinedweb_lines import CUTS, refinedweb_chain
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
DEFAULTS: dict[str, dict[str, Any]] = {
    "winnow": {
        "max_uppercase_ratio": 0.8, "numeric": True, "counters": True, "min_words": 2, "phrases": GROUPS,
        "max_phrase_words": 10, "max_removed_word_ratio": None,
    },
    "dclm": {
        "max_uppercase_ratio": 0.5, "numeric": True, "counters": True, "min_words": 2, "phrases": tuple(CUTS),
        "max_phrase_words": 10, "max_removed_word_ratio": 0.05,
    },
}  # fmt: skip
"""Dialect -> its rules and their defaults; `dclm`: dclm_baseline_refinedweb.yaml."""
_PLACES = {name: getattr(boilerplate, name.upper()) for name in ("anywhere", "start", "end", "whole", "edge")}


class BoilerplateLinesConfig(StageConfig):
    """Null or false turns a rule off.

    dialect: whose rules; the defaults follow it. max_uppercase_ratio: of a line's letters (dclm: of its characters).
    numeric: digits and signs, no letter (dclm: digits alone). counters: numbers and what they count (`3 likes`).
    min_words: a line with fewer goes. phrases: which groups of phrases apply, to lines of `max_phrase_words` words at
    most (cookie banners: 60). max_removed_word_ratio: 0.05 is RefinedWeb's.
    """

    dialect: Literal["winnow", "dclm"] = "winnow"
    max_uppercase_ratio: float | None = 0.8
    numeric: bool = True
    counters: bool = True
    min_words: int | None = 2
    phrases: tuple[str, ...] = GROUPS
    max_phrase_words: int = 10
    max_removed_word_ratio: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _follow_the_dialect(cls, data: Any) -> Any:
        return follow_dialect(data, "winnow", DEFAULTS)

    @model_validator(mode="after")
    def _phrases_are_known(self) -> Self:
        known = DEFAULTS[self.dialect]["phrases"]
        if unknown := sorted(set(self.phrases) - set(known)):
            raise ValueError(f"no phrases are called {unknown[0]!r}; have {', '.join(known)}")
        return self


def edit_furniture(batch: pa.RecordBatch, config: BoilerplateLinesConfig, context: Context) -> Result:
    """Take lines out. Edits of row i are ordered, disjoint byte spans of its text; a dropped row has none."""
    if config.dialect == "dclm":
        return modified(batch, refinedweb_chain(config), config.max_removed_word_ratio)
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
    version=3,
    config=BoilerplateLinesConfig,
    summary="cookie banners, navigation, share buttons, counters, upper-case and one-word lines (RefinedWeb)",
    fn=edit_furniture,
)
