"""`filters.classifier`: documents that a fastText classifier scores too low, by a threshold or a share of the corpus.

Scores: `score` float32, the label's probability, null where the document is in none of the `languages`; `tie` uint64,
by which equal scores are ordered.

To keep the best share, every document's score is looked at two to six times (`filters.order_statistics`): memory is
half a megabyte, no bytes per document. DCLM keeps the best 10% (Li et al. 2024, arXiv 2406.11794).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from curation_lib.core.config import keep, measure
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters.models import ModelConfig, Scorer, classifier_files, load_scorer
from curation_lib.filters.order_statistics import (
    SCORE_DIGITS,
    TIED_DIGITS,
    Counts,
    Digits,
    Partial,
    State,
    at_most,
    count,
    float_of,
    known_digits,
    narrowed,
    settled,
    summary,
    tied_digits,
)
from curation_lib.filters.stop_words import without_list
from curation_lib.text.hashing import priority
from curation_lib.text.label_scores import label_scores
from curation_lib.text.named_languages import in_languages

TIED = "as good as the threshold; of equal scores the smaller hash of the doc_id stays"
_SEED = 0


class ClassifierConfig(ModelConfig):
    """See `ModelConfig`. min_score: least probability that stays. keep_top_percent: this share of all documents with a
    score stays, those with the highest, rounded up to whole documents. Both may be given; one must be. languages:
    those that the model knows, `unknown` for documents without one; others get no score and pass. Null: all."""

    languages: tuple[str, ...] | None = measure(None, min_length=1)
    min_score: float | None = keep(None, ge=0, le=1)
    keep_top_percent: float | None = keep(None, gt=0, le=100)

    @model_validator(mode="after")
    def _decides(self) -> ClassifierConfig:
        if self.min_score is None and self.keep_top_percent is None:
            raise ValueError("nothing decides: give min_score or keep_top_percent")
        return self


def measure_scores(batch: pa.RecordBatch, config: ClassifierConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    model: Scorer = context.model
    scores = label_scores(batch.column("text"), model.classifier, [model.label])[:, 0]
    other = None if config.languages is None else ~in_languages(batch, config.languages)
    ties = priority(batch.column("doc_id"), _SEED)
    return pa.RecordBatch.from_pydict({"score": pa.array(scores, mask=other), "tie": pa.array(ties, pa.uint64())})


def keys(scores: pa.RecordBatch, digits: int = TIED_DIGITS) -> Digits:
    """`tied_digits`: the best document's come first, of equal ones those with the smallest hash; 0 for null."""
    values: npt.NDArray[np.float32] = pc.fill_null(scores.column("score"), 0.0).to_numpy()
    return tied_digits(-values, scores.column("tie").to_numpy(), digits)


def summarise(scores: pa.RecordBatch, config: ClassifierConfig, state: State | None) -> Partial:
    """What the next pass has to know of the documents with a score."""
    if config.keep_top_percent is None:
        return []
    scored = scores.filter(pc.is_valid(scores.column("score")))
    return summary(keys(scored, known_digits(state) + 1), state)


def merge(partials: Iterable[Partial], config: ClassifierConfig, state: State | None) -> State:
    def last_kept(rows: int) -> Sequence[int]:
        return [ceil(Fraction(str(config.keep_top_percent)) * rows / 100) - 1]

    counts: Counts = {}
    for partial in partials:
        count(partial, counts)
    return narrowed(counts, last_kept, state)


def keep_best(scores: pa.RecordBatch, config: ClassifierConfig, context: Context) -> list[Rule]:
    """`min_score`, then `keep_top_percent`, whose threshold is the lowest score that stays."""
    rules = []
    column = scores.column("score")
    if config.min_score is not None:
        rules.append(
            Rule("min_score", pc.less(column, pa.scalar(config.min_score, pa.float64())), column, config.min_score)
        )
    if config.keep_top_percent is not None:
        rules.append(top_rule(scores, context.state))
    return [without_list(rule, "pass") for rule in rules] if config.languages else rules


def top_rule(scores: pa.RecordBatch, state: State | None) -> Rule:
    """`keep_top_percent` over `score` and `tie`: null where the score is, all of them where no document has one."""
    column = scores.column("score")
    if not state or not state["targets"]:
        return Rule("keep_top_percent", pa.nulls(len(column), pa.bool_()), column, 0.0, unjudged="no state")
    prefix = state["targets"][0]["prefix"]
    failed = pa.array(~at_most(keys(scores, len(prefix)), prefix), mask=pc.is_null(column).to_numpy(False))
    threshold = -float_of(prefix[:SCORE_DIGITS]) + 0.0
    tied = pc.and_(failed, pc.equal(column, pa.scalar(threshold, pa.float32())))
    return Rule("keep_top_percent", failed, column, threshold, pc.if_else(tied, TIED, pa.scalar(None, pa.string())))


def facts(model: Scorer) -> dict[str, Any]:
    return model.facts


STAGE = Filter(
    name="filters.classifier",
    version=2,
    config=ClassifierConfig,
    summary="the score of a fastText classifier, by threshold or best share of the corpus",
    libraries=("fasttext-community", "numpy", "xxhash"),
    load=load_scorer,
    model_files=classifier_files,
    facts=facts,
    measure=measure_scores,
    keep=keep_best,
    summarise=summarise,
    merge=merge,
    settled=settled,
)
