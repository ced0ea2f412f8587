"""What became of the request for a child, as `synthetic.generate` notes it, and the rules that drop what failed."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from curation_lib.core.stage import Rule

OK, UNRECORDED = "ok", "unrecorded"
ENDPOINT = "endpoint"
RULES = ("refused", "truncated", "empty", "format", ENDPOINT, "over_budget", UNRECORDED)
"""Rules in order; their score is 1 for a child with this outcome, the threshold 1."""
_TRANSPORT = ("timeout", "connection")


def rule_of(outcome: str | None, has_source: bool) -> str:
    """The rule by which an outcome is dropped, `ok` for none; a child without outcome or source cannot be judged."""
    if outcome is None or (outcome == OK and not has_source):
        return UNRECORDED
    if outcome in _TRANSPORT or outcome.startswith("http_"):
        return ENDPOINT
    return outcome if outcome in (OK, *RULES) else UNRECORDED


def outcome_rules(rules: Sequence[str | None], details: Sequence[str | None]) -> list[Rule]:
    """One rule per kind of outcome. rules: of each row, null for documents that are no children; details: what the
    generator said."""
    made = []
    for name in RULES:
        failed = [rule == name for rule in rules]
        score = pa.array([float(one) for one in failed], pa.float64())
        said = pa.array([detail if one else None for one, detail in zip(failed, details, strict=True)], pa.string())
        made.append(Rule(name, pa.array(failed, pa.bool_()), score, 1.0, said))
    return made
