"""What DCLM and Dolma make of C4's rules on lines, as chains of modifiers."""

from __future__ import annotations

from typing import Any

from curation_lib.text.modifier_steps import (
    CITATIONS,
    ENDING,
    FEW_WORDS,
    HOLDING,
    LONG_WORD,
    STRIPPED,
    UNTERMINATED,
    Step,
)

DEFAULTS: dict[str, dict[str, Any]] = {
    "datatrove": {
        "max_word_length": 1000, "remove_citations": True, "filter_no_terminal_punct": True, "min_words_per_line": 3,
        "filter_javascript": True, "filter_policy": True,
    },
    "dclm": {
        "max_word_length": 1000, "remove_citations": True, "filter_no_terminal_punct": True, "min_words_per_line": 5,
        "filter_javascript": True, "filter_policy": True,
    },
    "dolma": {"filter_no_terminal_punct": True, "min_words_per_line": 3},
}  # fmt: skip
"""Dialect -> its rules and their defaults: datatrove's C4QualityFilter, DCLM's `c4.yaml`, Dolma's tagger `c4_v2`."""
_ELLIPSES = ("...", "…")


def chain_of(config: Any, notes: tuple[str, ...], policy: tuple[str, ...]) -> list[Step]:
    """The chain of `config`'s dialect. `notes` go as citations do, `policy` are the phrases of `filter_policy`."""
    return _dclm(config, notes, policy) if config.dialect == "dclm" else _dolma(config)


def _dclm(config: Any, notes: tuple[str, ...], policy: tuple[str, ...]) -> list[Step]:
    """Each rule sees the text that the one before left, citations apart first; empty lines stay."""
    chain = []
    if config.max_word_length is not None:
        chain.append(Step(LONG_WORD, "max_word_length", config.max_word_length))
    if config.remove_citations:
        chain.append(Step(CITATIONS, "citations", 0, notes))
    if config.filter_no_terminal_punct:
        chain.append(Step(UNTERMINATED, "no_terminal_punct", 0, (".", "!", "?", '"', "…")))
        chain.append(Step(ENDING, "no_terminal_punct", 0, _ELLIPSES))
    if config.min_words_per_line is not None:
        chain.append(Step(FEW_WORDS, "min_words_per_line", config.min_words_per_line))
    if config.filter_javascript:
        chain += [Step(HOLDING, "javascript", 0, ("javascript",)), STRIPPED]
    if config.filter_policy:
        chain += [Step(HOLDING, "policy", 0, policy), STRIPPED]
    return chain


def _dolma(config: Any) -> list[Step]:
    """A line goes with its line feed, an empty one too; what stays, stays as it is."""
    chain = []
    if config.filter_no_terminal_punct:
        chain.append(Step(UNTERMINATED, "no_terminal_punct", 0, (".", "!", "?", '"'), 0))
    if config.min_words_per_line is not None:
        chain.append(Step(FEW_WORDS, "min_words_per_line", config.min_words_per_line, (), 0))
    return chain
