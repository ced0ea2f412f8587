"""`synthetic.gates`: which children of `synthetic.generate` may stay. All other documents pass untouched.

Scores, null for documents that are no children or have no text to judge: `outcome` string, the rule of a failed
request or `ok`; `detail` string; `form` string; `unknown_numbers`, `unknown_units`, `unknown_names` int64, facts that
the source does not hold; `number_support`, `name_support` float64, how well the worst placed fact stands among the
words around it (see `faithful`); `coverage`, `new_word_share`, `length_ratio`, `novelty`, `source_similarity`,
`copied_share` float64; `copied_words` int64; `same_language` float64, 1 or 0; `words` list<uint64>, hashes; `opening`
string; `tie` uint64. `said_…` strings: what was found, for the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.config import StageConfig, keep, locate, measure
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.synthetic.batch import Member, Partial, State, likeness, merged, partial_of
from curation_lib.synthetic.collapse import collapse_rule
from curation_lib.synthetic.generated_rows import Child, children, spread
from curation_lib.synthetic.judging import SCORES, judged
from curation_lib.synthetic.outcomes import outcome_rules
from curation_lib.text.buffers import joined
from curation_lib.text.common_words import COMMON_WORDS
from curation_lib.text.hashing import priority
from curation_lib.text.language import load_model, model_path
from curation_lib.text.words import word_hashes

_SEED = 0


class GatesConfig(StageConfig):
    """A threshold of null turns its rule off; where each comes from stands in README.md.

    identify_language: by lid.176, `language_model` as in normalize. min_batch: children of a form that passed their
    own rules; a smaller batch is not judged for template collapse (min_distinct, max_self_bleu, max_opening_share).
    """

    identify_language: bool = measure(True)
    language_model: str = locate("lid.176.ftz")
    max_unknown_numbers: int | None = keep(0, ge=0)
    max_unknown_units: int | None = keep(0, ge=0)
    max_unknown_names: int | None = keep(0, ge=0)
    min_number_support: float | None = keep(0.9, ge=0, le=1)
    min_name_support: float | None = keep(0.85, ge=0, le=1)
    min_coverage: float | None = keep(0.2, ge=0, le=1)
    max_new_word_share: float | None = keep(0.6, ge=0, le=1)
    min_length_ratio: float | None = keep(0.05, ge=0)
    max_length_ratio: float | None = keep(2.0, gt=0)
    max_copied_words: int | None = keep(40, ge=1)
    max_copied_share: float | None = keep(0.5, ge=0, le=1)
    min_novelty: float | None = keep(0.25, ge=0, le=1)
    max_novelty: float | None = keep(None, ge=0, le=1)
    max_source_similarity: float | None = keep(0.6, ge=0, le=1)
    min_same_language: float | None = keep(1.0, ge=0, le=1)
    max_child_similarity: float | None = keep(0.8, ge=0, le=1)
    min_batch: int = keep(20, ge=2)
    min_distinct: float | None = keep(0.3, ge=0, le=1)
    max_self_bleu: float | None = keep(0.8, ge=0, le=1)
    max_opening_share: float | None = keep(0.5, ge=0, le=1)


def load(config: GatesConfig) -> Any:
    """The language identifier, None where none is asked for."""
    return load_model(model_path(config.language_model)) if config.identify_language else None


def model_files(config: GatesConfig) -> list[str]:
    """The identifier, and the words that faithfulness takes for no names."""
    return [COMMON_WORDS, *([model_path(config.language_model)] if config.identify_language else [])]


def measure_children(batch: pa.RecordBatch, config: GatesConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    found = children(batch)
    written = [child for child in found if child.written]
    rows = batch.num_rows
    columns = {
        "outcome": spread([child.outcome for child in found], found, rows, pa.string()),
        "detail": spread([child.detail for child in found], found, rows, pa.string()),
        "form": spread([child.form for child in found], found, rows, pa.string()),
        **{
            name: spread(values, written, rows, SCORES[name]) for name, values in judged(written, context.model).items()
        },
        "words": spread(_words(written), written, rows, pa.list_(pa.uint64())),
        "child_id": spread([child.doc_id for child in written], written, rows, pa.string()),
        "tie": pa.array(priority(batch.column("doc_id"), _SEED), pa.uint64()),
    }
    return pa.RecordBatch.from_pydict(columns)


def _words(found: Sequence[Child]) -> list[Any]:
    hashes, offsets = word_hashes(joined([child.text.encode() for child in found], pa.large_string()))
    return np.split(hashes, offsets[1:-1]) if found else []


def keep_faithful(scores: pa.RecordBatch, config: GatesConfig, context: Context) -> list[Rule]:
    """Rules of outcomes, then of each child by itself, then of the batch."""
    alone = [*_outcomes(scores), *_alone(scores, config)]
    return [*alone, *_together(scores, config, context.state)]


def _outcomes(scores: pa.RecordBatch) -> list[Rule]:
    return outcome_rules(scores.column("outcome").to_pylist(), scores.column("detail").to_pylist())


_SAID: Mapping[str, str] = {
    "unknown_numbers": "said_numbers", "unknown_units": "said_units", "unknown_names": "said_names",
    "number_support": "said_number", "name_support": "said_name", "coverage": "said_missing",
    "copied_words": "said_copied", "copied_share": "said_copied", "same_language": "said_language",
}  # fmt: skip


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
    forms = scores.column("form").to_pylist()
    return [
        *rules,
        collapse_rule([forms[row] if row in set(rows) else None for row in range(len(forms))], config, state["forms"]),
    ]


def _similar(scores: pa.RecordBatch, rows: Sequence[int], threshold: float, state: State) -> Rule:
    taken = scores.select(["words", "tie"]).take(pa.array(rows, pa.int64()))
    alike = likeness(taken.column("words").to_pylist(), taken.column("tie").to_pylist(), state)
    score, said = np.zeros(scores.num_rows), np.full(scores.num_rows, None, object)
    for row, (similarity, twin) in zip(rows, alike, strict=True):
        score[row], said[row] = similarity, twin or None
    failed = pa.array(score > threshold)
    return Rule("max_child_similarity", failed, pa.array(score), threshold, pa.array(said, pa.string()))


STAGE = Filter(
    name="synthetic.gates",
    version=1,
    config=GatesConfig,
    summary="generated documents that are faithful to their source, no copy of it and not all alike",
    libraries=("fasttext-community", "numpy", "xxhash"),
    load=load,
    model_files=model_files,
    measure=measure_children,
    keep=keep_faithful,
    summarise=summarise,
    merge=merge,
)
