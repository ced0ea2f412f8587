"""Great Expectations' results as failures that a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation_lib.contracts.expectations import Expectation
from curation_lib.contracts.gx_session import KEYS
from curation_lib.contracts.result import Failure, number, required

EXAMPLES = 3


def failures_of(
    expectations: Sequence[Expectation], results: Sequence[Any], page: str, dropped: Mapping[str, Sequence[str]]
) -> list[Failure]:
    """The expectations that do not hold, in contract order; `results` stand in the same order. dropped: by rule, what
    to show of the rows that it dropped."""
    pairs = zip(expectations, results, strict=True)
    return [_failure(e, result, page, dropped) for e, result in pairs if not result.success]


def _failure(e: Expectation, result: Any, page: str, dropped: Mapping[str, Sequence[str]]) -> Failure:
    columns = ["rule"] if e.rules() else e.columns()
    seen = dict(result.result or {})
    return Failure(
        expectation="must_fire" if e.must_fire else "must_not_fire" if e.must_not_fire else e.type,
        frame=e.frame,
        column=", ".join(columns),
        observed=_error(result.exception_info) or _observed(e, seen),
        required=required(e),
        severity=e.severity,
        page=page,
        examples=_dropped(e, dropped) if e.must_not_fire else _examples(e, seen),
    )


def _observed(e: Expectation, seen: Mapping[str, Any]) -> str:
    values = seen.get("unexpected_list") or []
    # Great Expectations lists what a set lacks in an order that changes from run to run.
    missing = sorted(map(number, seen.get("partial_missing_list") or ()))
    if e.must_fire is not None:
        return f"nothing dropped by {', '.join(missing)}"
    if e.must_not_fire is not None:
        return f"documents dropped by {', '.join(sorted(map(number, values)))}"
    if "unexpected_count" not in seen:
        return f"without {', '.join(missing)}" if missing else number(seen.get("observed_value"))
    if seen["element_count"] == 1:
        return "a missing value" if e.type == "ExpectColumnValuesToNotBeNull" else number(values[0])
    return f"{seen['unexpected_count']} of {seen['element_count']} rows"


def _examples(e: Expectation, seen: Mapping[str, Any]) -> tuple[str, ...]:
    """`key=…, column=…` of the first rows that broke the expectation; none where the frame is one row."""
    keys = KEYS.get(e.frame, ())
    rows = list(seen.get("unexpected_index_list") or [])[:EXAMPLES] if keys else []
    order = [*keys, *(c for c in e.columns() if c not in keys)]
    return tuple(", ".join(f"{c}={number(row[c])}" for c in order if c in row) for row in rows)


def _dropped(e: Expectation, dropped: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The first rows that each rule dropped."""
    return tuple(row for rule in e.must_not_fire or () for row in dropped.get(rule, ())[:EXAMPLES])


def _error(info: Any) -> str:
    """What stopped the judging, if something did. Great Expectations nests it by metric."""
    if not isinstance(info, Mapping):
        return ""
    if info.get("raised_exception"):
        return f"nothing: could not be judged ({str(info.get('exception_message')).strip().splitlines()[-1]})"
    return next((text for nested in info.values() if (text := _error(nested))), "")
