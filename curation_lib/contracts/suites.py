"""The default data contract of every stage, by the prefix of its name.

Bounds that are laws (conservation, identity, nothing empty) are critical. Bounds that only ask a person to
look (a filter that takes almost everything, much damaged text) are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from curation_lib.contracts.columns import LANGUAGES, METRICS, RULES, SAMPLE, SOURCES
from curation_lib.contracts.expectations import Expectation, Severity
from curation_lib.core.errors import ConfigError

BETWEEN = "ExpectColumnValuesToBeBetween"
SHARE = re.compile(r"share_([a-z]{2,3}([-_][A-Za-z]{4})?([-_][A-Za-z]{2}|[-_][0-9]{3})?|unknown)")
"""A column of the metrics frame that holds a language's share; 0 where the language is absent."""
FRAMES: Mapping[str, tuple[str, ...]] = {
    "metrics": METRICS,
    "sources": SOURCES,
    "languages": LANGUAGES,
    "rules": RULES,
    "sample": SAMPLE,
}


def _metric(
    column: str, low: float | None = None, high: float | None = None, severity: Severity = "critical"
) -> Expectation:
    return Expectation(frame="metrics", type=BETWEEN, column=column, min_value=low, max_value=high, severity=severity)


def _zero(*columns: str, severity: Severity = "critical") -> tuple[Expectation, ...]:
    return tuple(_metric(c, 0, 0, severity) for c in columns)


_ANY = (
    _metric("rows", 1),
    *_zero("unaccounted", "kept_minus_rows"),
    *_zero("null_doc_id", "null_source", "null_text", "null_content_hash", "null_license"),
    Expectation(frame="sample", type="ExpectColumnValuesToMatchRegex", column="doc_id", regex="^[0-9a-f]{32}$"),
    Expectation(
        frame="sample",
        type="ExpectColumnValuesToNotMatchRegex",
        column="text",
        regex=r"[\x00\ufffd]",  # NUL and the mark of undecodable bytes: the charset was guessed wrong
        mostly=0.95,
        severity="warning",
    ),
)
_UNIQUE = _zero("duplicate_ids")
_UNIQUE_LATER = _zero("duplicate_ids", severity="warning")  # exact dedup takes repeated records out
_NOT_EMPTY = _zero("empty_text")
_NOT_EMPTY_LATER = _zero("empty_text", severity="warning")  # filters take empty documents out
_MOST_KEPT = (_metric("drop_share", high=0.95, severity="warning"),)
_EARLY = (*_ANY, *_UNIQUE_LATER, *_NOT_EMPTY_LATER)
_SOURCE = (*_EARLY, Expectation(frame="sources", type=BETWEEN, column="rows", min_value=1))
_DEDUP = (*_ANY, *_UNIQUE, *_NOT_EMPTY_LATER, *_MOST_KEPT)
_LATE = (*_ANY, *_NOT_EMPTY)  # not _UNIQUE: a mixture may hold a document once per epoch
_FILTERS = (
    *_LATE,
    *_UNIQUE_LATER,
    *_MOST_KEPT,
    Expectation(frame="rules", type=BETWEEN, column="share", max_value=0.9, severity="warning"),
)
_REFUSED: Mapping[str, Mapping[str, str]] = {
    "midtrain": {
        "unknown_license": "name the licence where the source is described, or give the source the weight 0",
        "benchmark_item": "take such documents out by filters.decontaminate in `stages`, or raise max_contamination",
        "chat_token": "drop or rewrite them before the mix, or give their source the weight 0",
    },
    "posttrain": {
        "unknown_license": "name the licence where the source is described, or give the source the weight 0",
        "not_a_record": "take in by weights what sources.records reads and chat_template takes; let no stage edit it",
        "leaked_prompt": "take such records out by filters.decontaminate in `stages`, or raise max_contamination",
        "chat_token": "drop such records before the mix, or leave chat_template out: it would read them as turns",
        "repeated_prompt": "put dedup.prompts into `stages`",
    },
}
"""What a phase refuses, and what to do about it (`mix/phases.py`)."""


def _refusing(phase: str) -> tuple[Expectation, ...]:
    return tuple(
        Expectation.model_validate({"must_not_fire": [f"mix.sample.{rule}"], "remedy": remedy})
        for rule, remedy in _REFUSED[phase].items()
    )


_FOR_TRAINERS = tuple(e for e in _LATE if e.column != "null_content_hash")  # exports carry no such column

SUITES: Mapping[str, tuple[Expectation, ...]] = {
    "": (*_ANY, *_UNIQUE, *_NOT_EMPTY_LATER),
    "ingest": _SOURCE,
    "sources": _SOURCE,
    "normalize": _EARLY,
    "normalize.language": (
        *_EARLY,
        _metric("null_language", high=0, severity="warning"),
        _metric("language_score_min", 0),
        _metric("language_score_max", high=1.0001),  # fastText's softmax rounds above 1 in float32
    ),
    "dedup": _DEDUP,
    "dedup.exact": (*_DEDUP, *_zero("duplicate_texts")),
    "filters": _FILTERS,
    "mix": _LATE,
    **{f"mix.{phase}": (*_LATE, *_refusing(phase)) for phase in _REFUSED},
    "shuffle": _LATE,
    "export.licenses": _FILTERS,
    "export": (
        *_FOR_TRAINERS,
        *_zero("opt_out_rows"),
        _metric("license_unknown_share", high=0, severity="warning"),
    ),
}
"""Prefix of a stage's name -> its contract; the longest prefix that fits holds, `` fits every dataset."""


def contract_for(stage: str, extra: Sequence[Expectation] = ()) -> tuple[Expectation, ...]:
    """The contract of `stage`'s dataset: the default one, then the recipe's own, each expectation once."""
    prefix = max((p for p in SUITES if stage.startswith(p)), key=len)
    return tuple(dict.fromkeys((*SUITES[prefix], *extra)))


def check_columns(expectations: Sequence[Expectation], where: str) -> None:
    """Refuse, before any work starts, a column that no frame will have. Raises ConfigError naming it."""
    for e in expectations:
        for column in e.columns():
            if column not in FRAMES[e.frame] and not (e.frame == "metrics" and SHARE.fullmatch(column)):
                known = ", ".join(FRAMES[e.frame])
                raise ConfigError(f"{where}: unknown column {column!r} in frame {e.frame!r}; columns are {known}")
