"""How the dialects of a filter judge the same documents: `winnow dialects compare`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation_lib.core.errors import ConfigError
from curation_lib.core.registry import find, names
from curation_lib.core.stage import Context, Filter, Rule, measured_together
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.given import read_inputs
from curation_lib.runner.parts import read_batches
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.store import Store
from curation_lib.text.statistics import STOP_WORDS

HEAD = 300
"""Characters of an example that are shown."""
EXACT = "datatrove, exact"
"""datatrove's dialect with the words of its own tokenizer (`exact: true`)."""


@dataclass
class FilterComparison:
    """One filter over all documents. `kept`: documents each dialect keeps. `first_rules`: dialect -> rule -> documents
    that fail it first. `verdicts`: the dialects that keep a document -> how many documents they alone keep, with
    `examples` under the same key."""

    filter: str
    dialects: tuple[str, ...]
    documents: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    first_rules: dict[str, Counter[str]] = field(default_factory=dict)
    verdicts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    examples: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)

    def to_json(self, examples: int) -> dict[str, Any]:
        """As plain data: `pairs` count the documents that one of two dialects keeps and the other drops, `examples`
        are one document for each of the commonest disagreements."""
        split = [(who, n) for who, n in self.verdicts.most_common() if 0 < len(who) < len(self.dialects)]
        return {
            "filter": self.filter,
            "documents": self.documents,
            "kept": {d: self.kept[d] for d in self.dialects},
            "dropped_first_by": {d: dict(self.first_rules[d].most_common()) for d in self.dialects},
            "pairs": [self._pair(a, b) for a, b in combinations(self.dialects, 2)],
            "disagreements": sum(n for _, n in split),
            "examples": [{"documents": n, "kept_by": list(w), **self.examples[w]} for w, n in split[:examples]],
        }

    def _pair(self, a: str, b: str) -> dict[str, Any]:
        only_a = sum(n for who, n in self.verdicts.items() if a in who and b not in who)
        only_b = sum(n for who, n in self.verdicts.items() if b in who and a not in who)
        return {"dialects": [a, b], "only_first_keeps": only_a, "only_second_keeps": only_b}


def dialects_of(stage: Filter, exact: bool = False) -> tuple[str, ...]:
    """The dialects the filter has, none where its rules are its own. exact: EXACT is one more, behind datatrove's."""
    field = stage.config.model_fields.get("dialect")
    found: tuple[str, ...] = get_args(field.annotation) if field else ()
    if not exact or "exact" not in stage.config.model_fields:
        return found
    at = found.index("datatrove") + 1
    return *found[:at], EXACT, *found[at:]


def comparable(wanted: Sequence[str], exact: bool = False) -> list[Filter]:
    """The filters called so, with or without `filters.`; all that have several dialects where none is named."""
    several = {n: s for n in names() if isinstance(s := find(n), Filter) and len(dialects_of(s, exact)) > 1}
    full = [name if "." in name else f"filters.{name}" for name in wanted]
    if unknown := [name for name in full if name not in several]:
        raise ConfigError(f"--filter {unknown[0]}: no filter with several dialects; those are {', '.join(several)}")
    return [stage for name, stage in several.items() if not full or name in full]


def compare(
    inputs: Sequence[str],
    wanted: Sequence[str],
    scheduler: Scheduler,
    progress: Progress = silent,
    examples: int = 3,
    exact: bool = False,
) -> dict[str, Any]:
    """Judge every document of `inputs` by each filter in each of its dialects, with the dialect's own thresholds.

    Documents are taken as they stand and, as by the peers, held against the English stop words whatever their
    language; a dialect's pass over a batch serves all filters. Answers in plain data, which is the same for the same
    inputs. exact: datatrove's dialect is judged with its own tokenizer's words, too; a document in a language whose
    tokenizer is not offered stops the comparison (ContractError).
    """
    filters = comparable(wanted, exact)
    with TemporaryDirectory(prefix="winnow-dialects-") as folder:
        session = Session(Store(folder), scheduler, progress, codec=None)
        found = [FilterComparison(stage.name, dialects_of(stage, exact)) for stage in filters]
        for batch in _batches(inputs, session):
            for comparison, rules in zip(found, _judged(filters, batch, exact), strict=True):
                _compare(batch, rules, comparison)
    return {"filters": [comparison.to_json(examples) for comparison in found]}


def _batches(inputs: Sequence[str], session: Session) -> Iterator[pa.RecordBatch]:
    for manifest in read_inputs(inputs, session):
        for part in manifest.parts():
            yield from read_batches(session.store, part, session.batch_rows)


def _judged(filters: Sequence[Filter], batch: pa.RecordBatch, exact: bool) -> list[dict[str, Sequence[Rule]]]:
    """Each filter's rules for the batch, by dialect."""
    asked = [(stage, dialect) for stage in filters for dialect in dialects_of(stage, exact)]
    bound = [(stage, _config(stage, dialect)) for stage, dialect in asked]
    found: dict[str, dict[str, Sequence[Rule]]] = {stage.name: {} for stage in filters}
    together = measured_together(bound, batch)
    for (_, dialect), (stage, config), statistics in zip(asked, bound, together, strict=True):
        scores = stage.measure(batch, config, Context(statistics=statistics))
        found[stage.name][dialect] = stage.keep(scores, config, Context())
    return list(found.values())


def _config(stage: Filter, dialect: str) -> Any:
    given = {"stop_words": STOP_WORDS} if "stop_words" in stage.config.model_fields else {}
    words = {"dialect": "datatrove", "exact": True} if dialect == EXACT else {"dialect": dialect}
    return stage.config.model_validate({**words, **given})


def _compare(batch: pa.RecordBatch, rules: dict[str, Sequence[Rule]], found: FilterComparison) -> None:
    keeps: dict[str, npt.NDArray[np.bool_]] = {}
    for dialect, own in rules.items():
        failed = np.array([rule.failed.to_numpy(zero_copy_only=False) for rule in own]).reshape(len(own), -1)
        keeps[dialect] = np.logical_not(failed.any(0))
        found.kept[dialect] += int(keeps[dialect].sum())
        first = failed[:, ~keeps[dialect]].argmax(0)
        counts = found.first_rules.setdefault(dialect, Counter())
        counts.update({own[i].name: int(n) for i, n in enumerate(np.bincount(first, minlength=len(own))) if n})
    found.documents += batch.num_rows
    _verdicts(batch, rules, keeps, found)


def _verdicts(
    batch: pa.RecordBatch,
    rules: dict[str, Sequence[Rule]],
    keeps: dict[str, npt.NDArray[np.bool_]],
    found: FilterComparison,
) -> None:
    """Count who keeps each document; the first document of a kind is its example."""
    kinds = sum((keeps[d].astype(np.int64) << i for i, d in enumerate(found.dialects)), np.zeros(batch.num_rows, int))
    values, firsts, counts = np.unique(kinds, return_index=True, return_counts=True)
    for value, row, count in zip(values.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        who = tuple(d for i, d in enumerate(found.dialects) if value >> i & 1)
        found.verdicts[who] += count
        if who not in found.examples and 0 < len(who) < len(found.dialects):
            found.examples[who] = _example(batch, row, rules)


def _example(batch: pa.RecordBatch, row: int, rules: dict[str, Sequence[Rule]]) -> dict[str, Any]:
    """The document and, for each rule that a dialect drops it by, what every dialect with this rule makes of it."""
    failed = dict.fromkeys(r.name for own in rules.values() for r in own if r.failed[row].as_py())
    judged = {
        name: {
            dialect: {"score": r.score[row].as_py(), "threshold": r.threshold, "failed": r.failed[row].as_py()}
            for dialect, own in rules.items()
            for r in own
            if r.name == name
        }
        for name in failed
    }
    identity = {name: batch.column(name)[row].as_py() for name in ("doc_id", "source_id", "url")}
    return {**identity, "text": batch.column("text")[row].as_py()[:HEAD], "rules": judged}
