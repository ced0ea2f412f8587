"""The synthetic documents of a finished build: what was asked for, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curation_lib.audit.builds import BuildRecord, Step
from curation_lib.audit.queries import Books
from curation_lib.core.contract import SYNTHETIC
from curation_lib.core.errors import ConfigError
from curation_lib.runner.lineage import complete

GENERATE = "synthetic.generate"
QUARANTINED = "quarantined"
PER_MILLION = 1_000_000
"""Prices are for so many tokens."""
_CHILDREN = f"""SELECT doc_id, source, source_id, language, parents,
    metadata['synthetic_form'] AS form, metadata['synthetic_outcome'] AS outcome, metadata['synthetic_model'] AS model,
    coalesce(CAST(metadata['synthetic_prompt_tokens'] AS BIGINT), 0) AS prompt_tokens,
    coalesce(CAST(metadata['synthetic_completion_tokens'] AS BIGINT), 0) AS completion_tokens
    FROM {{parts}} WHERE format = '{SYNTHETIC}' AND doc_id NOT IN (SELECT doc_id FROM {{before}}) ORDER BY doc_id"""
_DROPS = f"""SELECT doc_id, stage, rule, score, threshold, evidence FROM {{drops}}
    WHERE doc_id IN (SELECT doc_id FROM {{parts}} WHERE format = '{SYNTHETIC}')"""


@dataclass(frozen=True)
class Child:
    """One request with the document that it left. `accepted`: it came to the mixes. `drop`: the ledger's row of the
    step that took it, None where that step put it in quarantine."""

    asked: Mapping[str, Any]
    accepted: bool
    drop: Mapping[str, Any] | None

    @property
    def rule(self) -> str:
        """The rule that took it, "" where none did."""
        if self.accepted:
            return ""
        return f"{self.drop['stage']}.{self.drop['rule']}" if self.drop else QUARANTINED


@dataclass(frozen=True)
class Generation:
    """A step that generated, with its settings, its children by doc_id, and the last step before the mixes."""

    step: Step
    behind: Step
    settings: Mapping[str, Any]
    children: Sequence[Child]

    def cost(self, children: Sequence[Child]) -> float:
        """Money for the tokens of these children, by the recipe's prices."""
        kinds = {"price_in": "prompt_tokens", "price_out": "completion_tokens"}
        spent = (float(self.settings.get(p) or 0) * sum(c.asked[t] for c in children) for p, t in kinds.items())
        return float(sum(spent)) / PER_MILLION


def generations(open_books: Books, record: BuildRecord, steps: Sequence[Step]) -> list[Generation]:
    """The steps of a build that generated, in order. Raises ConfigError where there is none."""
    found = [n for n, step in enumerate(steps) if is_generation(step)]
    if not found:
        raise ConfigError(f"build {record.build_id} generated nothing; add {GENERATE} to its recipe")
    return [_generation(open_books, steps[n], steps[n + 1 :]) for n in found]


def is_generation(step: Step) -> bool:
    """Whether the step wrote documents of its own."""
    return any(stage["stage"] == GENERATE for stage in step.manifest.stages)


def _generation(open_books: Books, step: Step, later: Sequence[Step]) -> Generation:
    settings = next(stage["config"] for stage in step.manifest.stages if stage["stage"] == GENERATE)
    before_mixes = [one for one in later if one.kind not in ("order", "export") and not one.id.startswith("mix.")]
    behind = before_mixes[-1] if before_mixes else step
    stayed = _stayed(open_books, behind)
    gone: dict[str, Mapping[str, Any]] = {}
    for other in before_mixes:
        if drops := other.manifest.files("drops"):
            files = {"drops": drops, "parts": step.manifest.parts()}
            for row in open_books.table(_DROPS, files).to_pylist():
                gone.setdefault(row["doc_id"], row)
    rows = _asked(open_books, step)
    return Generation(
        step, behind, settings, [Child(row, row["doc_id"] in stayed, gone.get(row["doc_id"])) for row in rows]
    )


def _stayed(open_books: Books, behind: Step) -> set[str]:
    """The synthetic documents of the dataset that the mixes draw from."""
    rows = open_books.rows(behind.manifest.parts(), "format = ?", [SYNTHETIC], columns=("doc_id",))
    return {row["doc_id"] for row in rows}


def _asked(open_books: Books, step: Step) -> list[dict[str, Any]]:
    before = [key for place in step.manifest.inputs for key in complete(open_books.store, place).parts()]
    if not before:  # no part, no request
        return []
    files = {"parts": step.manifest.parts(), "before": before}
    rows: list[dict[str, Any]] = open_books.table(_CHILDREN, files).to_pylist()
    return rows
