"""What every contract checks unasked, so that a gate fails closed and its page shows why.

A judged frame without rows fails, as does a missing value in a judged column (Great Expectations itself
passes over nulls) and a dataset of no documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.contracts.catalog import JUDGES_NULLS
from curation_lib.contracts.expectations import Expectation, Severity
from curation_lib.contracts.suites import BETWEEN

NOT_NULL = "ExpectColumnValuesToNotBeNull"
HAS_ROWS = "ExpectTableRowCountToBeBetween"
SOME_DOCUMENTS = Expectation(frame="metrics", type=BETWEEN, column="rows", min_value=1)


def guards(own: Sequence[Expectation]) -> list[Expectation]:
    """A frame has rows; a judged column has no missing value. As severe as what they guard.

    Documents may lack a url or a language, so that in the sample only wholly missing columns are refused.
    """
    frame = own[0].frame
    added = [Expectation(frame=frame, type=HAS_ROWS, min_value=1, severity=_severest(own))]
    columns: dict[str, list[Expectation]] = {}
    for e in own:
        for column in () if e.type in JUDGES_NULLS or e.must_fire else e.columns():
            columns.setdefault(column, []).append(e)
    for column, readers in columns.items():
        severity = _severest(readers)
        if frame == "sample":
            kind: dict[str, Any] = {"type": "ExpectColumnProportionOfNonNullValuesToBeBetween"}
            kind |= {"min_value": 0, "strict_min": True}
        else:
            kind = {"type": NOT_NULL}
        added.append(Expectation(frame=frame, column=column, severity=severity, **kind))
    return added


def _severest(expectations: Sequence[Expectation]) -> Severity:
    return "critical" if any(e.severity == "critical" for e in expectations) else "warning"
