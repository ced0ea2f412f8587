"""What filters say of documents whose scores are at hand: each score with its place, each rule with its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.audit.reasons import density_reasons, why_null
from curation_lib.audit.standing import HIDDEN, Standing
from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Bound, Context, Filter, Rule

NO_CORPUS = "decided by a share or a count of a corpus: give --store"


def judged(
    bound: Bound,
    scores: pa.RecordBatch,
    state: Any,
    places: Mapping[str, Sequence[Standing]],
    facts: Any,
    why: str = "",
) -> list[dict[str, Any]]:
    """One filter's answer for each row of `scores`: `stage`, `model`, `scores`, `rules`, `notes`, `unjudged`, and of
    `filters.density` its reasons. `why`: why scores have no percentile."""
    stage, config = bound
    assert isinstance(stage, Filter)
    if stage.summarise and state is None:
        rules, notes, unjudged = _by_thresholds(config, scores), {}, _open(config, scores, stage)
    else:
        context = Context(state=state)
        rules, unjudged = list(stage.keep(scores, config, context)), ""
        notes = dict(stage.annotate(scores, config, context)) if stage.annotate else {}
    return [
        {**described(stage.name, scores, row, places, facts, why),
         "rules": [_answer(rule, row) for rule in rules], "unjudged": unjudged,
         "notes": {key: values[row].as_py() for key, values in notes.items()}}
        for row in range(scores.num_rows)
    ]  # fmt: skip


def described(
    stage: str, scores: pa.RecordBatch, row: int, places: Mapping[str, Sequence[Standing]], facts: Any, why: str = ""
) -> dict[str, Any]:
    """The scores of one document without what they decide."""
    values = {name: scores.column(name)[row].as_py() for name in scores.schema.names if name not in HIDDEN}
    reasons = density_reasons(values) if stage == "filters.density" else {}
    listed = [_score(stage, name, value, places.get(name), row, why) for name, value in values.items()]
    return {"stage": stage, "model": facts, "scores": listed, **reasons}


def _score(stage: str, name: str, value: Any, places: Sequence[Standing] | None, row: int, why: str) -> dict[str, Any]:
    found: dict[str, Any] = {"score": name, "value": value, "percentile": None}
    if value is None:
        return {**found, "why": why_null(stage, name)}
    if places is None:
        return {**found, "why": why} if why else found
    place = places[row]
    return {**found, "percentile": place.percentile, "documents": place.documents} | (
        {"among": place.group} if place.group else {}
    )


def _answer(rule: Rule, row: int) -> dict[str, Any]:
    """passed: null where the rule cannot say, with `why`."""
    failed = rule.failed[row].as_py()
    answer = {
        "rule": rule.name, "score": rule.score[row].as_py(), "threshold": rule.threshold,
        "passed": None if failed is None else not failed,
    }  # fmt: skip
    if failed is None:
        answer["why"] = rule.unjudged or "its score is null"
    if failed and rule.evidence is not None and rule.evidence[row].is_valid:
        answer["evidence"] = rule.evidence[row].as_py()
    return answer


def first_failed(stages: Sequence[Mapping[str, Any]]) -> tuple[str, Mapping[str, Any]] | None:
    """The stage and rule that take the document, the first that failed in order."""
    failed = ((one["stage"], rule) for one in stages for rule in one["rules"] if rule["passed"] is False)
    return next(failed, None)


def _numbers(config: StageConfig) -> dict[str, float]:
    """The settings that decide by a number and are on."""
    fields = [name for name in type(config).model_fields if type(config).role(name) == "keep"]
    values = {name: getattr(config, name) for name in fields}
    return {n: v for n, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _simple(name: str, scores: pa.RecordBatch) -> bool:
    return name[:4] in ("min_", "max_") and name[4:] in scores.schema.names


def _by_thresholds(config: StageConfig, scores: pa.RecordBatch) -> list[Rule]:
    """The rules that need no corpus: a score against a number."""
    limits = {name: limit for name, limit in _numbers(config).items() if _simple(name, scores)}
    fails = {"min_": pc.less, "max_": pc.greater}
    return [
        Rule(name, fails[name[:4]](scores.column(name[4:]), pa.scalar(float(limit))), scores.column(name[4:]), limit)
        for name, limit in limits.items()
    ]


def _open(config: StageConfig, scores: pa.RecordBatch, stage: Filter) -> str:
    others = [name for name in _numbers(config) if not _simple(name, scores)]
    return f"{', '.join([*others, *stage.annotates])}: {NO_CORPUS}" if others or stage.annotates else ""
