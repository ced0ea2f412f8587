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
    """One request with the document that it left. `drop`: the ledger's row of the step that took it, if any did."""

    asked: Mapping[str, Any]
    drop: Mapping[str, Any] | None

    @property
    def accepted(self) -> bool:
        """Whether it came to the mixes."""
        return self.drop is None

    @property
    def rule(self) -> str:
        """The rule that took it, "" where none did."""
        return f"{self.drop['stage']}.{self.drop['rule']}" if self.drop else ""


@dataclass(frozen=True)
class Generation:
    """A step that generated, with its settings, and its children by doc_id."""

    step: Step
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
    gone: dict[str, Mapping[str, Any]] = {}
    for other in later:
        if not other.id.startswith("mix.") and (drops := other.manifest.files("drops")):
            files = {"drops": drops, "parts": step.manifest.parts()}
            for row in open_books.table(_DROPS, files).to_pylist():
                gone.setdefault(row["doc_id"], row)
    return Generation(step, settings, [Child(row, gone.get(row["doc_id"])) for row in _asked(open_books, step)])


def _asked(open_books: Books, step: Step) -> list[dict[str, Any]]:
    before = [key for place in step.manifest.inputs for key in complete(open_books.store, place).parts()]
    files = {"parts": step.manifest.parts(), "before": before}
    rows: list[dict[str, Any]] = open_books.table(_CHILDREN, files).to_pylist()
    return rows
