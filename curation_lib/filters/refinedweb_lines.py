"""DCLM's line modifiers of its RefinedWeb (`dclm_baseline_refinedweb.yaml`, Li et al. 2024), as a chain.

Each sees the text that the ones before left; white space at both ends of the text goes after every one but `min_words`.
"""

from __future__ import annotations

from typing import Any

from curation_lib.text.modifier_steps import (
    COUNTER,
    CUT_ANYWHERE,
    CUT_END,
    CUT_START,
    FEW_WORDS,
    NUMERIC,
    STRIPPED,
    UPPERCASE,
    Step,
)

COUNTED = (
    "likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes", "downvotes", "downloads",
    "views", "followers",
)  # fmt: skip
ALL_DIGITS = 0.999999
"""A larger share of digits is a line of digits alone."""
CUTS = {
    "items_in_cart": (CUT_ANYWHERE, "items in cart"),
    "read_more": (CUT_END, "read more\0\0\0"),
    "sign_in": (CUT_START, "sign-in"),
}
"""What goes from lines of few words, the line too where nothing else is left. DCLM's `Read more...` is a regular
expression there: any three characters may follow `read more`."""


def refinedweb_chain(config: Any) -> list[Step]:
    """The steps of a `BoilerplateLinesConfig` of dialect dclm, in the recipe's order."""
    chain = []
    if config.max_uppercase_ratio is not None:
        chain += [Step(UPPERCASE, "max_uppercase_ratio", config.max_uppercase_ratio), STRIPPED]
    if config.numeric:
        chain += [Step(NUMERIC, "numeric", ALL_DIGITS), STRIPPED]
    if config.counters:
        chain += [Step(COUNTER, "counters", 0, COUNTED), STRIPPED]
    if config.min_words is not None:
        chain.append(Step(FEW_WORDS, "min_words", config.min_words))
    for name, (kind, phrase) in CUTS.items():
        if name in config.phrases:
            chain += [Step(kind, name, config.max_phrase_words, (phrase,)), STRIPPED]
    return chain
