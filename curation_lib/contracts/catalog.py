"""Which Great Expectations classes a contract may use, and the settings each takes.

Kept as data so that a recipe is checked in milliseconds: importing Great Expectations takes seconds.
A test holds this table against the installed classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """The settings of one class: all of `required`, any of `optional`, one or more of `one_of`, if any."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()
    integers: bool = False


def _kind(required: str, optional: str = "", one_of: str = "", integers: bool = False) -> Kind:
    return Kind(frozenset(required.split()), frozenset(optional.split()), frozenset(one_of.split()), integers)


_BOUNDS = "min_value max_value"
_STRICT = "strict_min strict_max"

KINDS: Mapping[str, Kind] = {
    "ExpectColumnValuesToBeBetween": _kind("column", f"mostly {_STRICT}", _BOUNDS),
    **{
        f"ExpectColumn{what}ToBeBetween": _kind("column", _STRICT, _BOUNDS)
        for what in ("Max", "Min", "Mean", "Median", "Stdev", "Sum")
    },
    "ExpectColumnUniqueValueCountToBeBetween": _kind("column", _STRICT, _BOUNDS, integers=True),
    "ExpectColumnProportionOfUniqueValuesToBeBetween": _kind("column", _STRICT, _BOUNDS),
    "ExpectColumnProportionOfNonNullValuesToBeBetween": _kind("column", _STRICT, _BOUNDS),
    "ExpectColumnValueLengthsToBeBetween": _kind("column", f"mostly {_STRICT}", _BOUNDS, integers=True),
    "ExpectColumnValueLengthsToEqual": _kind("column value", "mostly", integers=True),
    "ExpectColumnValuesToBeInSet": _kind("column value_set", "mostly"),
    "ExpectColumnValuesToNotBeInSet": _kind("column value_set", "mostly"),
    "ExpectColumnDistinctValuesToBeInSet": _kind("column value_set"),
    "ExpectColumnDistinctValuesToContainSet": _kind("column value_set"),
    "ExpectColumnDistinctValuesToEqualSet": _kind("column value_set"),
    "ExpectColumnMostCommonValueToBeInSet": _kind("column value_set", "ties_okay"),
    "ExpectColumnValuesToMatchRegex": _kind("column regex", "mostly"),
    "ExpectColumnValuesToNotMatchRegex": _kind("column regex", "mostly"),
    "ExpectColumnValuesToMatchRegexList": _kind("column regex_list", "mostly match_on"),
    "ExpectColumnValuesToNotMatchRegexList": _kind("column regex_list", "mostly"),
    "ExpectColumnValuesToBeNull": _kind("column", "mostly"),
    "ExpectColumnValuesToNotBeNull": _kind("column", "mostly"),
    "ExpectColumnValuesToBeUnique": _kind("column", "mostly"),
    "ExpectColumnPairValuesToBeEqual": _kind("column_A column_B", "mostly"),
    "ExpectColumnPairValuesAToBeGreaterThanB": _kind("column_A column_B", "mostly or_equal"),
    "ExpectTableRowCountToBeBetween": _kind("", _STRICT, _BOUNDS, integers=True),
    "ExpectTableRowCountToEqual": _kind("value", integers=True),
}

JUDGES_NULLS = frozenset(
    {
        "ExpectColumnValuesToBeNull",
        "ExpectColumnValuesToNotBeNull",
        "ExpectColumnProportionOfNonNullValuesToBeBetween",
    }
)
"""Classes for which a null is a value to judge, not a missing metric."""
