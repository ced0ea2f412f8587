"""How `synthetic.gates` decides: rules of outcomes, of each child by itself, and of the batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.stage import Context, Rule
from curation_lib.synthetic.batch import Member, Partial, State, likeness, merged, partial_of
from curation_lib.synthetic.collapse import collapse_rule
from curation_lib.synthetic.gate_settings import GatesConfig
from curation_lib.synthetic.judging import SCORES
from curation_lib.synthetic.outcomes import outcome_rules

_SAID: Mapping[str, str] = {
    "unknown_numbers": "said_numbers", "unknown_units": "said_units", "unknown_names": "said_names",
    "unknown_code": "said_code",
    "number_support": "said_number", "name_support": "said_name", "coverage": "said_missing",
    "new_word_share": "said_new", "length_ratio": "said_length", "novelty": "said_copied",
    "source_similarity": "said_copied", "copied_words": "said_copied", "copied_share": "said_copied",
    "same_language": "said_language",
}  # fmt: skip


def keep_faithful(scores: pa.RecordBatch, config: GatesConfig, context: Context) -> list[Rule]:
    """Rules of outcomes, then of each child by itself, then of the batch."""
    alone = [*_outcomes(scores), *_alone(scores, config)]
    return [*alone, *_together(scores, config, context.state)]


def _outcomes(scores: pa.RecordBatch) -> list[Rule]:
    return outcome_rules(scores.column("outcome").to_pylist(), scores.column("detail").to_pylist())


def _alone(scores: pa.RecordBatch, config: GatesConfig) -> list[Rule]:
    """Rules called min_ or max_ and a score; documents without one pass."""
    rules = []
    for name in type(config).model_fields:
        side, _, score = name.partition("_")
        if side in ("min", "max") and score in SCORES and (threshold := getattr(config, name)) is not None:
            rules.append(_rule(name, scores, score, side, float(threshold)))
    return rules


def _rule(name: str, scores: pa.RecordBatch, score: str, side: str, threshold: float) -> Rule:
    column = scores.column(score)
    failed = pc.fill_null((pc.less if side == "min" else pc.greater)(column, threshold), False)
    evidence = scores.column(_SAID[score]) if score in _SAID else None
    return Rule(name, failed, column.cast(pa.float64()), threshold, evidence)


def _passed(scores: pa.RecordBatch, config: GatesConfig) -> list[int]:
    """Rows of children that have a text and pass every rule of their own."""
    fine = pc.fill_null(pc.equal(scores.column("outcome"), "ok"), False)
    for rule in _alone(scores, config):
        fine = pc.and_(fine, pc.invert(rule.failed))
    rows: list[int] = pc.indices_nonzero(fine).to_pylist()
    return rows


def summarise(scores: pa.RecordBatch, config: GatesConfig, state: Any) -> Partial:
    """What a batch adds to the state: its children that pass every rule of their own."""
    names = ["form", "tie", "child_id", "words", "opening"]
    taken = scores.select(names).take(pa.array(_passed(scores, config), pa.int64()))
    return partial_of([Member(*values) for values in zip(*(taken.column(n).to_pylist() for n in names), strict=True)])


def merge(partials: Iterable[Partial], config: GatesConfig, state: Any) -> State:
    return merged(partials)


def _together(scores: pa.RecordBatch, config: GatesConfig, state: State | None) -> list[Rule]:
    """`max_child_similarity`, then `template_collapse`, of children that pass all else."""
    rows = _passed(scores, config)
    state = state or {"forms": {}, "twins": {}}
    rules = []
    if config.max_child_similarity is not None:
        rules.append(_similar(scores, rows, config.max_child_similarity, state))
    passed = set(rows)
    forms = [form if row in passed else None for row, form in enumerate(scores.column("form").to_pylist())]
    return [*rules, collapse_rule(forms, config, state["forms"])]


def _similar(scores: pa.RecordBatch, rows: Sequence[int], threshold: float, state: State) -> Rule:
    taken = scores.select(["words", "tie"]).take(pa.array(rows, pa.int64()))
    alike = likeness(taken.column("words").to_pylist(), taken.column("tie").to_pylist(), state)
    score, said = np.zeros(scores.num_rows), np.full(scores.num_rows, None, object)
    for row, (similarity, twin) in zip(rows, alike, strict=True):
        score[row], said[row] = similarity, twin or None
    failed = pa.array(score > threshold)
    return Rule("max_child_similarity", failed, pa.array(score), threshold, pa.array(said, pa.string()))
