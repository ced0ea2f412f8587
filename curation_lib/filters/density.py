"""`filters.density`: how dense with information a document is, and how little it is polished or told as a story.

Scores: `density` float32, log odds of being dense; null where the document's language is not English. One column per
signal and `length` (`text/density_signals.py`, REASONS), float64: what it adds to the score; they and the model's bias
sum to it. `tie` uint64 orders equal scores.

Gate with the heuristics first: markup, lists of links and machine text are dense, too, and no document is worth
anything for its score alone. Put gopher_repetition, gopher_quality, c4_quality and fineweb_quality in front.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.artefact import Place
from curation_lib.core.config import StageConfig, keep, locate
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters import classifier
from curation_lib.filters.order_statistics import Partial, State, settled
from curation_lib.filters.stop_words import WithoutList, without_list
from curation_lib.text.density_scores import KIND, SHIPPED, Loaded, density_model_files, density_scores, load_density
from curation_lib.text.density_signals import REASONS
from curation_lib.text.hashing import priority
from curation_lib.text.named_languages import english

__all__ = ["KIND", "SHIPPED", "STAGE", "DensityConfig", "Loaded", "load"]
_SEED = 0


class DensityConfig(StageConfig):
    """model: a folder made by `winnow density train`, or `<store>/models/<name>`; default is the one that ships.
    min_density: least score that stays. keep_top_percent: this share of the documents with a score stays, the densest,
    rounded up. Null turns either off; with both off the filter only measures. without_list: the word lists are English;
    a document of another language stops the build where a rule is on, or passes. `unknown` counts as English.
    """

    model: Place | None = locate(None)
    without_list: WithoutList = keep("stop")
    min_density: float | None = keep(None)
    keep_top_percent: float | None = keep(None, gt=0, le=100)


def density_files(config: DensityConfig) -> dict[str, str]:
    """The files that shape the scores, by name."""
    return density_model_files(config.model)


def load(config: DensityConfig) -> Loaded:
    """The model, from a local copy where it lies elsewhere. Raises ConfigError for one that is none."""
    return load_density(config.model)


def facts(loaded: Loaded) -> dict[str, Any]:
    """What the dataset's manifest says of the model."""
    return loaded.facts


def measure_density(batch: pa.RecordBatch, config: DensityConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    total, parts = density_scores(batch.column("text"), context.model.model)
    mask = ~english(batch)
    columns = {"density": pa.array(total.astype(np.float32), mask=mask)}
    columns |= {name: pa.array(part, pa.float64(), mask=mask) for name, part in zip(REASONS, parts.T, strict=True)}
    tie = pa.array(priority(batch.column("doc_id"), _SEED), pa.uint64())
    return pa.RecordBatch.from_pydict({**columns, "tie": tie})


def _ranked(scores: pa.RecordBatch) -> pa.RecordBatch:
    """The scores as `filters.classifier` ranks them."""
    return pa.RecordBatch.from_pydict({"score": scores.column("density"), "tie": scores.column("tie")})


def summarise(scores: pa.RecordBatch, config: Any, state: State | None) -> Partial:
    """What the next pass has to know of a batch, as `filters.classifier` counts it."""
    return classifier.summarise(_ranked(scores), config, state)


def merge(partials: Iterable[Partial], config: Any, state: State | None) -> State:
    """The order statistic so far."""
    return classifier.merge(partials, config, state)


def keep_dense(scores: pa.RecordBatch, config: DensityConfig, context: Context) -> list[Rule]:
    """`min_density`, then `keep_top_percent`, whose threshold is the lowest score that stays."""
    rules, column = [], scores.column("density")
    if config.min_density is not None:
        threshold = pa.scalar(config.min_density, pa.float64())
        rules.append(Rule("min_density", pc.less(column, threshold), column, config.min_density))
    if config.keep_top_percent is not None:
        rules.append(classifier.top_rule(_ranked(scores), context.state))
    return [_unjudged(without_list(rule, config.without_list), config) for rule in rules]


def _unjudged(rule: Rule, config: DensityConfig) -> Rule:
    if config.without_list == "pass":
        return rule
    return replace(
        rule,
        unjudged="`density` has English word lists only; drop other languages before with filters.language, set "
        "`without_list: pass`, or turn the rule off by null",
    )


STAGE = Filter(
    name="filters.density",
    version=3,
    config=DensityConfig,
    summary="density of information over polish and anecdote, by threshold or best share of the corpus",
    libraries=("numpy", "xxhash"),
    load=load,
    model_files=density_files,
    facts=facts,
    measure=measure_density,
    keep=keep_dense,
    summarise=summarise,
    merge=merge,
    settled=settled,
)
