"""What a gate says: the verdict, each failed expectation with what was seen and asked, the page to open."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import orjson

from curation_lib.contracts.expectations import Expectation, Severity


@dataclass(frozen=True)
class Failure:
    """One expectation that does not hold. `observed` and `required` are text for a person; `page` is a
    path inside the site; `examples` are at most three rows."""

    expectation: str
    frame: str
    column: str
    observed: str
    required: str
    severity: Severity
    page: str
    examples: tuple[str, ...] = ()

    def line(self) -> str:
        """One line: what, where, observed, required, examples."""
        shown = f"; e.g. {'; '.join(self.examples)}" if self.examples else ""
        kind = "" if self.severity == "critical" else " (warning)"
        at = f"{self.frame}.{self.column}" if self.column else self.frame
        return f" - {at}{kind}: {self.expectation}: observed {self.observed}, required {self.required}{shown}"


@dataclass(frozen=True)
class GateResult:
    """The verdict on one dataset. Warnings stand in `failures` but leave `success` true.

    `page` and the values of `pages` (frame -> page) are paths inside the Data Docs site."""

    name: str
    success: bool
    evaluated: int
    failures: tuple[Failure, ...]
    page: str
    pages: dict[str, str]

    def message(self, site: str = "") -> str:
        """One line for a clean pass; else a line per failed expectation, then the page (under `site`)."""
        critical = [f for f in self.failures if f.severity == "critical"]
        warnings = [f for f in self.failures if f.severity == "warning"]
        noted = f", {len(warnings)} warning{'s'[: len(warnings) != 1]}" if warnings else ""
        if self.success:
            head = f"{self.name}: contract holds, {self.evaluated} expectations checked{noted}"
        else:
            failed = f"{len(critical)} of {self.evaluated} expectations failed"
            head = f"{self.name}: contract broken, {failed}{noted}"
        if not self.failures:
            return head
        page = f"{site.rstrip('/')}/{self.page}" if site else self.page
        return "\n".join([head, *(f.line() for f in (*critical, *warnings)), f"Data Docs: {page}"])

    def to_json(self) -> bytes:
        """The result as indented JSON with sorted keys."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)

    @classmethod
    def from_json(cls, data: bytes) -> GateResult:
        """What `to_json` wrote."""
        fields: dict[str, Any] = orjson.loads(data)
        failures = tuple(Failure(**{**f, "examples": tuple(f["examples"])}) for f in fields.pop("failures"))
        return cls(**fields, failures=failures)


def required(e: Expectation) -> str:
    """An expectation's bound in words: `>= 0.99`, `between 0 and 1`, `matches regex '^a'`."""
    if e.must_fire is not None:
        return f"each of {', '.join(e.must_fire)} drops something"
    if e.must_not_fire is not None:
        return f"nothing dropped by {', '.join(e.must_not_fire)}{f'; {e.remedy}' if e.remedy else ''}"
    if e.min_value is not None or e.max_value is not None:
        text = _bounds(e)
    elif e.type == "ExpectColumnValuesToNotBeNull":
        text = "no missing value"
    else:
        rest = {k: v for k, v in e.settings().items() if not k.startswith("column") and k != "mostly"}
        text = ", ".join(f"{k} = {v!r}" for k, v in rest.items()) or e.type.removeprefix("Expect")
    return text if e.mostly is None else f"{text} in at least {e.mostly:.4g} of rows"


def _bounds(e: Expectation) -> str:
    low = None if e.min_value is None else f"{'>' if e.strict_min else '>='} {e.min_value}"
    high = None if e.max_value is None else f"{'<' if e.strict_max else '<='} {e.max_value}"
    if e.min_value == e.max_value and not (e.strict_min or e.strict_max):
        return f"= {e.min_value}"
    return " and ".join(bound for bound in (low, high) if bound)


def number(value: Any) -> str:
    """A value as a person reads it: counts without `.0`, floats to six digits, long text cut."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
