"""`filters.perplexity`: how surprising a text is to an n-gram model of its language (CCNet, Wenzek et al. 2020).

Scores: `perplexity` float32, 10 to the power of minus the mean log10 probability of a token, ends of sentences
included, as KenLM's own; null without a model. `language` string, of the document or `unknown`; `tie` uint64, by which
equal documents are ordered.

Text that is too predictable is boilerplate and lists, text that is too surprising gibberish or another language. The
percentiles are those within a document's language, over all documents that come to the filter: found in two to six
passes over the scores (`filters.language_percentiles`), with a megabyte of counts per language and no bytes per
document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import field_validator, model_validator

from curation_lib.core.config import StageConfig, keep, measure
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters import language_percentiles as percentiles
from curation_lib.filters.language_models import (
    UNKNOWN,
    LanguageModel,
    Reader,
    load_readers,
    model_files_of,
    reader_for,
)
from curation_lib.filters.language_percentiles import Bounds, Rows, States, rows_by_language
from curation_lib.filters.order_statistics import Partial
from curation_lib.text.hashing import priority
from curation_lib.text.tokenisations import score_tokenised

_SEED = 0
_MOST = float(np.finfo(np.float32).max)
NO_MODEL = (
    "`models` has none for its language; train one (winnow perplexity train), drop the language before with "
    "filters.language, set `without_model: pass`, or give a model for all others as `*`"
)


class PerplexityConfig(StageConfig):
    """A threshold of null turns its rule off; one must be given.

    models: a `LanguageModel` or its path, by language code; `de` serves `de-AT`, `unknown` documents without a
        language, `*` those of every other language.
    without_model: a document without a model has no score: stop the build, or let it pass.
    min_perplexity_percentile, max_perplexity_percentile: this share of the documents of each language, the most
        predictable and the most surprising, lies outside (see `filters.language_percentiles` for the rounding).
    """

    models: dict[str, LanguageModel] = measure(min_length=1)
    without_model: Literal["stop", "pass"] = keep("stop")
    min_perplexity: float | None = keep(None, ge=0)
    max_perplexity: float | None = keep(None, ge=0)
    min_perplexity_percentile: float | None = keep(None, ge=0, lt=100)
    max_perplexity_percentile: float | None = keep(None, ge=0, le=100)

    @field_validator("models", mode="before")
    @classmethod
    def _paths_are_models(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: {"path": one} if isinstance(one, str) else one for name, one in value.items()}

    @model_validator(mode="after")
    def _decides(self) -> PerplexityConfig:
        least, most = self.min_perplexity, self.max_perplexity
        low, high = self.bounds
        if all(limit is None for limit in (least, most, low, high)):
            raise ValueError("nothing decides: give a min_ or max_perplexity, or a percentile")
        if least is not None and most is not None and least > most:
            raise ValueError("min_perplexity is above max_perplexity: nothing would stay")
        if low is not None and high is not None and low >= high > 0:
            raise ValueError("min_perplexity_percentile is not below max_perplexity_percentile: nothing would stay")
        return self

    @property
    def bounds(self) -> Bounds:
        return self.min_perplexity_percentile, self.max_perplexity_percentile


def load(config: PerplexityConfig) -> dict[str, Reader]:
    return load_readers(config.models)


def model_files(config: PerplexityConfig) -> dict[str, str]:
    return model_files_of(config.models)


def facts(readers: Mapping[str, Reader]) -> dict[str, Any]:
    return {language: reader.facts for language, reader in readers.items()}


def measure_perplexity(batch: pa.RecordBatch, config: PerplexityConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    languages = pc.fill_null(batch.column("language"), UNKNOWN)
    values = np.full(batch.num_rows, np.nan, np.float32)
    for language, rows in rows_by_language(languages).items():
        if reader := reader_for(language, context.model):
            texts = batch.column("text").take(pa.array(rows))
            found = score_tokenised(texts, reader.model, reader.tokenisation, reader.sentences)
            values[rows] = np.minimum(found.perplexity, _MOST)
    ties = priority(batch.column("doc_id"), _SEED)
    return pa.RecordBatch.from_pydict(
        {
            "perplexity": pa.array(values, pa.float32(), mask=np.isnan(values)),
            "language": languages,
            "tie": pa.array(ties, pa.uint64()),
        }
    )


def _scored(scores: pa.RecordBatch) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint64], dict[str, Rows]]:
    """Perplexities, ties, and the rows with a perplexity by language."""
    column = scores.column("perplexity")
    known = pc.is_valid(column).to_numpy(zero_copy_only=False)
    rows = {name: found[known[found]] for name, found in rows_by_language(scores.column("language")).items()}
    values = column.to_numpy(zero_copy_only=False)
    return values, scores.column("tie").to_numpy(), {name: found for name, found in rows.items() if len(found)}


def summarise(scores: pa.RecordBatch, config: PerplexityConfig, state: States | None) -> dict[str, Partial]:
    if config.bounds == (None, None):
        return {}
    return percentiles.partials(*_scored(scores), state)


def merge(parts: Iterable[Mapping[str, Partial]], config: PerplexityConfig, state: States | None) -> States:
    return percentiles.merged(parts, config.bounds, state)


def keep_band(scores: pa.RecordBatch, config: PerplexityConfig, context: Context) -> list[Rule]:
    """`min_perplexity`, `max_perplexity`, then the percentiles."""
    column = scores.column("perplexity")
    rules = []
    for name, limit, fails in (
        ("min_perplexity", config.min_perplexity, pc.less),
        ("max_perplexity", config.max_perplexity, pc.greater),
    ):
        if limit is not None:
            rules.append(Rule(name, fails(column, pa.scalar(limit, pa.float64())), column, limit))
    low, high = config.bounds
    if low is not None:
        rules.append(_percentile("min_perplexity_percentile", "below", (low, None), scores, context.state))
    if high is not None:
        rules.append(_percentile("max_perplexity_percentile", "above", (None, high), scores, context.state))
    return [_without_model(rule, config.without_model) for rule in rules]


def _percentile(name: str, side: str, bounds: Bounds, scores: pa.RecordBatch, state: States | None) -> Rule:
    """No one perplexity cuts all languages: the score is that of the document over the cut in its language, the
    threshold 1, and the evidence says where the cut lies."""
    values, ties, found = _scored(scores)
    failed, ratio = np.zeros(scores.num_rows, bool), np.full(scores.num_rows, np.nan)
    said: list[str | None] = [None] * scores.num_rows
    bound = next(bound for bound in bounds if bound is not None)
    for cut in percentiles.cuts(values, ties, found, bounds, state) if state is not None else ():
        ratio[cut.rows], failed[cut.rows] = values[cut.rows] / cut.score, cut.out
        where = f"percentile {bound:g} of {cut.documents:,} documents in {cut.language} is {cut.score:.6g}"
        for row in cut.rows[cut.out].tolist():
            said[row] = f"perplexity {values[row]:.6g} is {side}: {where}"
    known = pc.is_valid(scores.column("perplexity")).to_numpy(zero_copy_only=False)
    known &= state is not None
    answer = (pa.array(failed, mask=~known), pa.array(ratio, mask=np.isnan(ratio)))
    return Rule(name, *answer, 1.0, pa.array(said, pa.string()))


def _without_model(rule: Rule, policy: str) -> Rule:
    if policy == "pass":
        return replace(rule, failed=pc.fill_null(rule.failed, False))
    return replace(rule, unjudged=NO_MODEL)


STAGE = Filter(
    name="filters.perplexity",
    version=1,
    config=PerplexityConfig,
    summary="perplexity under an n-gram model of the language, by threshold or percentile",
    libraries=("numpy", "xxhash"),
    load=load,
    model_files=model_files,
    facts=facts,
    measure=measure_perplexity,
    keep=keep_band,
    summarise=summarise,
    merge=merge,
    settled=percentiles.settled,
)
