"""The rule `template_collapse`: a form whose children are all alike goes as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from curation_lib.core.stage import Rule
from curation_lib.synthetic.batch import FormState


class Limits(Protocol):
    """The settings that the rule reads; null turns a measure off."""

    @property
    def min_batch(self) -> int: ...
    @property
    def min_distinct(self) -> float | None: ...
    @property
    def max_self_bleu(self) -> float | None: ...
    @property
    def max_opening_share(self) -> float | None: ...


def collapse_rule(forms: Sequence[str | None], limits: Limits, states: Mapping[str, FormState]) -> Rule:
    """Score: the worst measure of the row's form as a multiple of its limit, 0 without a form; fails above 1."""
    verdicts = {form: collapsed(state, limits) for form, state in states.items()}
    found = [verdicts.get(form, (0.0, "")) if form else (0.0, "") for form in forms]
    score = pa.array([one for one, _ in found], pa.float64())
    failed = pa.array([one > 1.0 for one, _ in found], pa.bool_())
    said = pa.array([told if one > 1.0 else None for one, told in found], pa.string())
    return Rule("template_collapse", failed, score, 1.0, said)


def collapsed(state: FormState, limits: Limits) -> tuple[float, str]:
    """How far a form's worst measure is over its limit (1: at it), and the number; 0 for a batch too small to judge."""
    if state["children"] < limits.min_batch:
        return 0.0, ""
    found = [(0.0, "")]
    if limits.min_distinct is not None:
        told = f"distinct bigrams {state['distinct']:.3f}, at least {limits.min_distinct}"
        found.append((limits.min_distinct / max(state["distinct"], 1e-9), told))
    if limits.max_self_bleu is not None:
        told = f"self-BLEU {state['self_bleu']:.3f}, at most {limits.max_self_bleu}"
        found.append((state["self_bleu"] / max(limits.max_self_bleu, 1e-9), told))
    if limits.max_opening_share is not None:
        told = f"{state['opening_share']:.3f} begin with {state['opening']!r}, at most {limits.max_opening_share}"
        found.append((state["opening_share"] / max(limits.max_opening_share, 1e-9), told))
    return max(found)
