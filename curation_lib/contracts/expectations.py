"""One expectation of a contract as data: what a recipe writes and what the default suites hold."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator
from pydantic import ValidationError as _Invalid

from curation_lib.contracts.catalog import KINDS
from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint

Severity = Literal["critical", "warning"]
Frame = Literal["metrics", "sources", "languages", "rules", "sample"]
Number = StrictInt | Annotated[float, Field(strict=True, allow_inf_nan=False)]
Scalar = StrictBool | StrictStr | Number
MUST_FIRE = "ExpectColumnDistinctValuesToContainSet"
MUST_NOT_FIRE = "ExpectColumnValuesToNotBeInSet"
JUDGING = 1
"""Bump when the gate judges the same expectations in another way: earlier passes then no longer count."""


class Expectation(BaseModel):
    """One line of a contract, `{frame: metrics, type: ExpectColumnValuesToBeBetween, column: share_en,
    min_value: 0.99}`. `must_fire: [rule, …]` alone says that these rules, named as in the manifest
    (`filters.c4.lorem_ipsum`), must have dropped something; `must_not_fire: [rule, …]` that they were judged and
    dropped nothing, with the `remedy` that the gate's message ends in.

    Validation errors name an unknown key, frame or class (with the nearest names) and a missing setting.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    frame: Frame
    type: StrictStr
    severity: Severity = "critical"
    must_fire: tuple[StrictStr, ...] | None = Field(default=None, min_length=1)
    must_not_fire: tuple[StrictStr, ...] | None = Field(default=None, min_length=1)
    remedy: StrictStr | None = None
    column: StrictStr | None = None
    column_A: StrictStr | None = None  # noqa: N815 - as the class names it
    column_B: StrictStr | None = None  # noqa: N815
    min_value: Number | None = None
    max_value: Number | None = None
    strict_min: StrictBool | None = None
    strict_max: StrictBool | None = None
    mostly: Annotated[float, Field(strict=True, gt=0, le=1)] | None = None
    value: Number | None = None
    value_set: tuple[Scalar, ...] | None = Field(default=None, min_length=1)
    regex: StrictStr | None = None
    regex_list: tuple[StrictStr, ...] | None = Field(default=None, min_length=1)
    match_on: Literal["any", "all"] | None = None
    ties_okay: StrictBool | None = None
    or_equal: StrictBool | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_rules(cls, data: Any) -> Any:
        """`must_fire` and `must_not_fire` stand for their frame and class, so that a recipe need not spell them."""
        for name, judge in (("must_fire", MUST_FIRE), ("must_not_fire", MUST_NOT_FIRE)):
            if isinstance(data, dict) and data.get(name) is not None:
                return {"frame": "rules", "type": judge, **data}
        return data

    @model_validator(mode="after")
    def _settings_fit_the_class(self) -> Self:
        given = set(self.settings())
        if self.remedy is not None and self.must_not_fire is None:
            raise ValueError("remedy goes with must_not_fire")
        if self.rules():
            name, judge = ("must_fire", MUST_FIRE) if self.must_fire else ("must_not_fire", MUST_NOT_FIRE)
            if (self.frame, self.type) != ("rules", judge) or given or (self.must_fire and self.must_not_fire):
                raise ValueError(f"{name} stands alone, on frame rules")
            return self
        kind = KINDS.get(self.type)
        if kind is None:
            near = difflib.get_close_matches(self.type, KINDS, n=3, cutoff=0.0)
            raise ValueError(f"unknown expectation class {self.type!r}; nearest: {', '.join(near)}")
        if missing := sorted(kind.required - given):
            raise ValueError(f"{self.type} needs {', '.join(missing)}")
        if foreign := sorted(given - kind.required - kind.optional - kind.one_of):
            raise ValueError(f"{self.type} does not take {', '.join(foreign)}")
        if kind.one_of and not kind.one_of & given:
            raise ValueError(f"{self.type} needs {' or '.join(sorted(kind.one_of))}")
        _check_values(self, kind.integers)
        return self

    def settings(self) -> dict[str, Any]:
        """What the Great Expectations class is given, JSON-ready; without frame, severity, rules and remedy."""
        skip = {"frame", "type", "severity", "must_fire", "must_not_fire", "remedy"}
        return self.model_dump(mode="json", exclude_none=True, exclude=skip)

    def rules(self) -> tuple[str, ...]:
        """The rules that must fire or must not."""
        return self.must_fire or self.must_not_fire or ()

    def columns(self) -> list[str]:
        """The columns of the frame that this expectation reads."""
        if self.rules():
            return ["rule", "fired"]
        return [c for c in (self.column, self.column_A, self.column_B) if c is not None]


def _check_values(e: Expectation, integers: bool) -> None:
    for pattern in (*([e.regex] if e.regex else []), *(e.regex_list or ())):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"regex {pattern!r} does not compile: {error}") from error
    if integers and any(isinstance(v, float) for v in (e.min_value, e.max_value, e.value)):
        raise ValueError(f"{e.type} counts: its bounds are whole numbers")
    if e.min_value is not None and e.max_value is not None and e.min_value > e.max_value:
        raise ValueError(f"min_value {e.min_value} is above max_value {e.max_value}")


def parse_expectations(raw: object, where: str) -> list[Expectation]:
    """A recipe's list of expectations. Raises ConfigError naming `where`, the item and the key."""
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise ConfigError(f"{where}: a list of expectations is needed, not {type(raw).__name__}")
    return [_parse(item, f"{where}[{number}]") for number, item in enumerate(raw)]


def _parse(item: object, where: str) -> Expectation:
    try:
        return Expectation.model_validate(item)
    except _Invalid as error:
        first = error.errors(include_url=False)[0]
        key = "".join(f".{part}" for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            reason = f"unknown key; keys are {', '.join(Expectation.model_fields)}"
        raise ConfigError(f"{where}{key}: {reason}") from error


def contract_fingerprint(expectations: Sequence[Expectation]) -> str:
    """32 hex digits that name a contract; the order of its expectations does not matter."""
    lines = sorted(fingerprint(e.model_dump(mode="json", exclude_none=True)) for e in expectations)
    return fingerprint({"judging": JUDGING, "expectations": lines})
