"""What every contract checks unasked, so that a gate fails closed and its page shows why.

A judged frame without rows fails, as does a missing value in a judged column (Great Expectations itself
passes over nulls) and a dataset of no documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.contracts.catalog import JUDGES_NULLS
from curation_lib.contracts.expectations import MUST_FIRE, Expectation, Severity
from curation_lib.contracts.suites import BETWEEN

NOT_NULL = "ExpectColumnValuesToNotBeNull"
HAS_ROWS = "ExpectTableRowCountToBeBetween"
SOME_DOCUMENTS = Expectation(frame="metrics", type=BETWEEN, column="rows", min_value=1)


def guards(own: Sequence[Expectation]) -> list[Expectation]:
    """A frame has rows; a judged column has no missing value. As severe as what they guard.

    Documents may lack a url or a language, so that in the sample only wholly missing columns are refused. A rule that
    must not fire has to stand in the manifest, with 0: else nobody judged it.
    """
    frame = own[0].frame
    added = [Expectation(frame=frame, type=HAS_ROWS, min_value=1, severity=_severest(own))]
    if judged := tuple(dict.fromkeys(rule for e in own for rule in e.must_not_fire or ())):
        said: dict[str, Any] = {"type": MUST_FIRE, "column": "rule", "value_set": judged}
        added.append(Expectation(frame=frame, severity=_severest(own), **said))
    columns: dict[str, list[Expectation]] = {}
    for e in own:
        for column in () if e.type in JUDGES_NULLS or e.rules() else e.columns():
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
