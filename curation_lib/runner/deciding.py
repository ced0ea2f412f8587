"""How a block of filters decides from scores. A build and `winnow retune` both decide here, so they agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Bound, Context, Filter, Rule
from curation_lib.core.taken import DROP, Columns, Drop

_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Decision:
    """What a block says of a batch.

    rules: (stage, rule) in recipe order, then declared order. failed: bool[rules, rows]. notes: strings by key, row
    for row, for the metadata of what stays.
    """

    rules: tuple[tuple[str, Rule], ...]
    failed: npt.NDArray[np.bool_]
    notes: Mapping[str, pa.Array] = field(default_factory=dict)

    @property
    def verdicts(self) -> list[tuple[str, list[Rule]]]:
        """Each stage's rules, in order."""
        return [(s, [rule for _, rule in found]) for s, found in groupby(self.rules, key=lambda one: one[0])]

    @property
    def names(self) -> list[str]:
        """The rules' names as the counts of a manifest hold them."""
        return [f"{stage}.{rule.name}" for stage, rule in self.rules]

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """bool[rows]: no rule failed."""
        return np.logical_not(self.failed.any(axis=0))

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """int64[rows]: which rule a document goes by, the first that it failed; len(rules) where it stays."""
        never = np.ones((1, self.failed.shape[1]), bool)
        place: npt.NDArray[np.int64] = np.argmax(np.vstack([self.failed, never]), axis=0)
        return place

    def drops(self) -> Iterator[tuple[str, Columns[Drop]]]:
        """Each stage that takes rows, with what the ledger says of them."""
        first = self.first
        at = 0
        for stage, rules in self.verdicts:
            rows = np.flatnonzero((first >= at) & (first < at + len(rules)))
            if len(rows):
                yield stage, Columns(Drop, self._taken(rows, first[rows], at, len(rules)))
            at += len(rules)

    def _taken(self, rows: _Rows, first: _Rows, at: int, count: int) -> pa.RecordBatch:
        """DROP: `rows`, which go by the rules `first`, of a stage that has `count` rules from `at` on."""
        names = [rule.name for _, rule in self.rules[at : at + count]]
        limits = np.array([rule.threshold for _, rule in self.rules[at : at + count]], float)
        scores, evidence = np.zeros(len(rows)), pa.nulls(len(rows), pa.string())
        for place in np.unique(first).tolist():
            rule, mine = self.rules[place][1], first == place
            scores[mine] = rule.score.take(pa.array(rows[mine])).cast(pa.float64()).to_numpy()
            if rule.evidence is not None:
                said = rule.evidence.take(pa.array(rows[mine])).cast(pa.string())
                evidence = pc.replace_with_mask(evidence, pa.array(mine), said)
        columns = [
            rows, pa.array(names).take(pa.array(first - at)), scores, limits[first - at],
            self._others(rows, first, at, names), pa.nulls(len(rows), pa.string()), evidence,
        ]  # fmt: skip
        return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=DROP)

    def _others(self, rows: _Rows, first: _Rows, at: int, names: Sequence[str]) -> pa.ListArray:
        """The other rules that each of `rows` failed, in order, with their stage's name where it is another's."""
        failed = self.failed[:, rows].T.copy()
        failed[np.arange(len(rows)), first] = False
        ends = np.concatenate([np.zeros(1, np.int32), np.cumsum(failed.sum(axis=1), dtype=np.int32)])
        called = [*self.names[:at], *names, *self.names[at + len(names) :]]
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(called).take(pa.array(np.nonzero(failed)[1])))

    def drop(self, row: int) -> tuple[str, Drop]:
        """The stage that takes a failed row, and the ledger's row."""
        one = Decision(tuple((s, _at(rule, row)) for s, rule in self.rules), self.failed[:, row : row + 1])
        ((name, taken),) = one.drops()
        return name, taken[0]._replace(row=row)


def _at(rule: Rule, row: int) -> Rule:
    """The rule's answer for this row alone."""
    evidence = None if rule.evidence is None else rule.evidence.slice(row, 1)
    return replace(rule, failed=rule.failed.slice(row, 1), score=rule.score.slice(row, 1), evidence=evidence)


def decide(
    filters: Sequence[Bound],
    scores: Sequence[pa.RecordBatch | None],
    batch: pa.RecordBatch,
    states: Mapping[str, Any],
) -> Decision:
    """The filters' verdict on `batch` from one batch of scores each.

    `batch` needs no more than `doc_id`, `source_id` and `language`. Raises ContractError, naming stage and score or
    rule, where scores do not belong to the documents, lack one that a rule asks for, or a rule can't judge one.
    """
    judged = [_rules(f, s, batch, states) for f, s in zip(filters, scores, strict=True)]
    rules = tuple((stage.name, rule) for (stage, _), found in zip(filters, judged, strict=True) for rule in found)
    failed = [rule.failed.to_numpy(zero_copy_only=False) for _, rule in rules]
    noted = [_notes(f, s, states) for f, s in zip(filters, scores, strict=True)]
    notes = {key: values for one in noted for key, values in one.items()}
    return Decision(rules, np.array(failed, bool).reshape(len(rules), batch.num_rows), notes)


def _notes(bound: Bound, scores: pa.RecordBatch | None, states: Mapping[str, Any]) -> Mapping[str, pa.Array]:
    stage, config = bound
    assert isinstance(stage, Filter)
    assert scores is not None
    notes = stage.annotate(scores, config, Context(state=states.get(stage.name))) if stage.annotate else {}
    if set(notes) != set(stage.annotates):
        raise ContractError(f"{stage.name}: notes {sorted(notes)}, not {sorted(stage.annotates)}; mend the stage")
    return notes


def _rules(
    bound: Bound, scores: pa.RecordBatch | None, batch: pa.RecordBatch, states: Mapping[str, Any]
) -> Sequence[Rule]:
    stage, config = bound
    assert isinstance(stage, Filter)
    if scores is None or scores.column("doc_id") != batch.column("doc_id"):
        raise ContractError(f"{stage.name}: stored scores do not align with the documents; remove them and rerun")
    try:
        rules = stage.keep(scores, config, Context(state=states.get(stage.name)))
    except KeyError as e:
        known = ", ".join(scores.schema.names[2:])
        raise ContractError(f"{stage.name}: no score {e.args[0]}; scores are {known}; mend the stage") from e
    for rule in rules:
        _require_judged(f"{stage.name}.{rule.name}", rule, batch)
    return rules


def _require_judged(name: str, rule: Rule, batch: pa.RecordBatch) -> None:
    """A rule says yes or no of every document: one that cannot would let it pass unseen."""
    if len(rule.failed) != batch.num_rows:
        raise ContractError(f"{name}: {len(rule.failed)} verdicts on {batch.num_rows} documents; mend the stage")
    if pc.any(pc.and_(rule.failed, pc.is_null(rule.score))).as_py():
        raise ContractError(f"{name} fails documents without a score; mend the stage")
    if not rule.failed.null_count:
        return
    rows = pc.is_null(rule.failed)
    spoken = pc.value_counts(pc.fill_null(batch.column("language"), "unknown").filter(rows)).to_pylist()
    counted = sorted(spoken, key=lambda one: (-one["counts"], one["values"]))
    languages = ", ".join(f"{one['values']} ({one['counts']:,})" for one in counted)
    first = batch.column("source_id")[rows.index(pa.scalar(True)).as_py()]
    why = rule.unjudged or "its score is null; mend the stage"
    raise ContractError(
        f"{name} cannot judge {rule.failed.null_count:,} documents, by language: {languages}; first {first}: {why}"
    )
