"""`filters.quality_buckets`: several classifiers as one bucket, 0 (worst) to 19 (best), kept with the document.

A score's percentile rank is the share of the corpus that scores less; a document's bucket is that of its best rank
(Nemotron-CC, Su et al. 2024, arXiv 2412.02595: ranks in 20 bins, the maximum of several classifiers). A document that
stays carries it as `metadata["quality_bucket"]`, which goes with it to mixes and exports: a document is all that flows
there, and scores lie elsewhere under other fingerprints.

Scores: one float32 per model, by its name. Ranks come from order statistics of the whole corpus: two passes over
the scores, and up to 10 MB per model (`filters.order_statistics`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import field_validator, model_validator

from curation_lib.core.config import StageConfig, keep, measure
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters.models import ModelConfig, Scorer, classifier_files, load_scorer
from curation_lib.filters.order_statistics import (
    SCORE_DIGITS,
    Counts,
    Partial,
    State,
    count,
    float_digits,
    float_of,
    narrowed,
    summary,
)
from curation_lib.text.classifier_lines import classifier_lines
from curation_lib.text.label_scores import line_scores

KEY = "quality_bucket"
_RESERVED = ("doc_id", "source_id")


class RankedModel(ModelConfig):
    """One of the classifiers, see `ModelConfig`. name: of its score."""

    name: str = measure(pattern="^[a-z][a-z0-9_]*$")


class QualityBucketsConfig(StageConfig):
    """models: the classifiers. buckets: how many. min_bucket: documents in a lower one go; null lets all stay."""

    models: tuple[RankedModel, ...] = measure(min_length=1)
    buckets: int = keep(20, ge=2, le=100)
    min_bucket: int | None = keep(None, ge=0)

    @field_validator("models")
    @classmethod
    def _names_differ(cls, models: tuple[RankedModel, ...]) -> tuple[RankedModel, ...]:
        names = [one.name for one in models]
        if twice := [name for name in names if names.count(name) > 1 or name in _RESERVED]:
            raise ValueError(f"{twice[0]!r} is taken; give each model a name of its own")
        return models

    @model_validator(mode="after")
    def _some_can_stay(self) -> QualityBucketsConfig:
        if self.min_bucket is not None and self.min_bucket >= self.buckets:
            raise ValueError(f"min_bucket: the best bucket is {self.buckets - 1}, so nothing would stay")
        return self


def load(config: QualityBucketsConfig) -> dict[str, Scorer]:
    return {one.name: load_scorer(one) for one in config.models}


def model_files(config: QualityBucketsConfig) -> dict[str, str]:
    return {f"{one.name}/{name}": path for one in config.models for name, path in classifier_files(one).items()}


def facts(model: Mapping[str, Scorer]) -> dict[str, Any]:
    return {name: scorer.facts for name, scorer in model.items()}


def measure_scores(batch: pa.RecordBatch, config: QualityBucketsConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module). Models that take texts in one form share its lines."""
    scorers: Mapping[str, Scorer] = context.model
    forms = {scorer.classifier.form for scorer in scorers.values()}
    lines = {form: classifier_lines(batch.column("text"), form) for form in forms}
    made = {name: line_scores(lines[s.classifier.form], s.classifier, [s.label])[:, 0] for name, s in scorers.items()}
    return pa.RecordBatch.from_pydict({name: pa.array(scores) for name, scores in made.items()})


def summarise(
    scores: pa.RecordBatch, config: QualityBucketsConfig, state: Mapping[str, State] | None
) -> dict[str, Partial]:
    known = {one.name: state[one.name] if state else None for one in config.models}
    return {name: summary(float_digits(scores.column(name).to_numpy()), known[name]) for name in known}


def merge(
    partials: Iterable[Mapping[str, Partial]], config: QualityBucketsConfig, state: Mapping[str, State] | None
) -> dict[str, State]:
    def edges(rows: int) -> Sequence[int]:
        """Ranks of the scores that one has to pass to have at least 1/buckets, 2/buckets… of the corpus below."""
        firsts = [-(-bucket * rows // config.buckets) for bucket in range(1, config.buckets)]
        return [first - 1 for first in firsts]

    names = [one.name for one in config.models]
    counts: dict[str, Counts] = {name: {} for name in names}
    for partial in partials:
        for name in names:
            count(partial[name], counts[name])
    return {name: narrowed(counts[name], edges, state[name] if state else None) for name in names}


def settled(state: Mapping[str, State]) -> bool:
    return all(len(target["prefix"]) == SCORE_DIGITS for one in state.values() for target in one["targets"])


def buckets(scores: pa.RecordBatch, config: QualityBucketsConfig, state: Mapping[str, State]) -> npt.NDArray[np.int64]:
    """int64[rows]: each document's bucket."""
    best = np.zeros(scores.num_rows, np.int64)
    for one in config.models if scores.num_rows else ():
        edges = np.array([float_of(target["prefix"]) for target in state[one.name]["targets"]], np.float32)
        best = np.maximum(best, np.searchsorted(edges, scores.column(one.name).to_numpy(), side="left"))
    return best


def keep_buckets(scores: pa.RecordBatch, config: QualityBucketsConfig, context: Context) -> list[Rule]:
    """`min_bucket`."""
    if config.min_bucket is None:
        return []
    found = buckets(scores, config, context.state)
    return [Rule("min_bucket", pa.array(found < config.min_bucket), pa.array(found), float(config.min_bucket))]


def annotate(scores: pa.RecordBatch, config: QualityBucketsConfig, context: Context) -> dict[str, pa.Array]:
    """`quality_bucket` in decimal."""
    return {KEY: pa.array(buckets(scores, config, context.state)).cast(pa.string())}


STAGE = Filter(
    name="filters.quality_buckets",
    version=1,
    config=QualityBucketsConfig,
    summary="the best percentile rank of several classifiers as a bucket in the document's metadata",
    libraries=("fasttext-community", "numpy"),
    load=load,
    model_files=model_files,
    facts=facts,
    measure=measure_scores,
    keep=keep_buckets,
    summarise=summarise,
    merge=merge,
    settled=settled,
    annotate=annotate,
    annotates=(KEY,),
)
