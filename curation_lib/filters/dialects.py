"""Dialects: whose reading of the published rules a filter follows: its words, its formulas, its thresholds.

A filter declares its dialects by the thresholds each of them has. A rule that a dialect lacks has no score there; to
set it is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from pydantic import model_validator

from curation_lib.core.config import StageConfig, measure
from curation_lib.core.stage import Measurement
from curation_lib.text.curator_counts import curator_counts
from curation_lib.text.dclm_counts import dclm_counts
from curation_lib.text.dolma_counts import dolma_counts
from curation_lib.text.exact_statistics import exact_statistics
from curation_lib.text.statistics import text_statistics

MEASUREMENTS: Mapping[str, Callable[..., Any]] = {
    "datatrove": text_statistics,
    "dolma": dolma_counts,
    "dclm": dclm_counts,
    "curator": curator_counts,
}
"""Dialect -> the pass over a batch that all filters in this dialect share."""

Thresholds = Mapping[str, Mapping[str, float | None]]


class DialectConfig(StageConfig):
    """Settings whose defaults follow `dialect`; a threshold that is given, null included, stays as given."""

    thresholds: ClassVar[Thresholds]
    """Dialect -> default of each rule it has."""

    exact: bool = measure(False)
    """Words of datatrove's own tokenizer for the document's language, not of our fast kernel."""

    @model_validator(mode="before")
    @classmethod
    def _follow_the_dialect(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        dialect = data.get("dialect", cls.model_fields["dialect"].default)
        own = cls.thresholds.get(dialect) if isinstance(dialect, str) else None
        if own is None:
            return data  # the field itself names the dialects there are
        foreign = [name for name in cls._rules() if name not in own and data.get(name) is not None]
        if foreign:
            raise ValueError(f"{foreign[0]} is no rule of dialect {dialect!r}, whose rules are {', '.join(own)}")
        return {**dict.fromkeys(cls._rules()), **own, **data}

    @model_validator(mode="after")
    def _exact_words(self) -> Self:
        if self.exact and getattr(self, "dialect", "datatrove") != "datatrove":
            raise ValueError("exact: true is for dialect datatrove; the words of the others are exact as they are")
        return self

    @classmethod
    def _rules(cls) -> list[str]:
        """Every rule of any dialect, in declared order."""
        return [name for name in cls.model_fields if any(name in own for own in cls.thresholds.values())]


def shared_pass(config: Any) -> Measurement:
    """The measurement that the filters in `config`'s dialect share."""
    return Measurement(exact_statistics if config.exact else MEASUREMENTS[config.dialect])


def pass_with_repeats(config: Any) -> Measurement:
    """The same, with paragraphs and n-grams that repeat."""
    return shared_pass(config)._replace(parts=frozenset({"repeats"}))


def libraries(config: Any) -> tuple[str, ...]:
    """What shapes the scores beside our own code."""
    return ("spacy",) if config.exact else ()
