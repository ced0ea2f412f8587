"""`export.licenses`: lets only documents leave whose licence is on an allow-list.

A licence is an SPDX expression (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/): `A OR B` is
allowed if either is, `A AND B` if both are, `A+` if A is (the taker may choose A). `A WITH exception` is a
licence of its own: list it, or `A WITH *`. Names match without regard to case, as SPDX has it.
Globs mean what they say: `CC-BY-*` also takes CC-BY-NC-4.0 and CC-BY-ND-4.0, `CC-BY-[0-9]*` takes neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from license_expression import ExpressionError, Licensing

from curation_lib.core.config import StageConfig, keep
from curation_lib.core.stage import Context, Filter, Rule

UNKNOWN = frozenset({"unknown", "noassertion", ""})
"""Licences that say nothing: the Document contract's word, SPDX's own, and none at all."""

MAX_LENGTH = 500
"""Characters; a longer expression is not read and so not allowed. It bounds the nesting of what is parsed."""

_LOST = (AssertionError, LookupError, AttributeError, TypeError)
"""How the parser fails on text such as `()` or `A AND) B`, where it loses its own stack."""


class LicensesConfig(StageConfig):
    """`allow`: SPDX ids or globs. `allow_unknown`: whether `unknown` may leave too."""

    allow: tuple[str, ...] = keep()
    allow_unknown: bool = keep(False)


def measure(batch: pa.RecordBatch, config: LicensesConfig, context: Context) -> pa.RecordBatch:
    """One column, `license`: what each document declares."""
    return pa.RecordBatch.from_pydict({"license": batch.column("license")})


def judge(scores: pa.RecordBatch, config: LicensesConfig, context: Context) -> list[Rule]:
    """`license_unknown` fails what only `unknown` keeps out, `license_not_allowed` all else refused. Score 1 where the
    rule lets the licence pass, else 0; threshold 1. The evidence is what the document declares."""
    licenses = scores.column("license").dictionary_encode()
    names = licenses.dictionary.to_pylist()
    now = [is_allowed(name, config.allow, config.allow_unknown) for name in names]
    then = [is_allowed(name, config.allow, True) for name in names]
    passes = [a or not b for a, b in zip(now, then, strict=True)]
    found = (("license_unknown", passes), ("license_not_allowed", then))
    return [_rule(rule, pa.array(let, pa.bool_()).take(licenses.indices), scores) for rule, let in found]


def _rule(name: str, passes: pa.BooleanArray, scores: pa.RecordBatch) -> Rule:
    return Rule(name, pc.invert(passes), passes.cast(pa.float64()), 1.0, scores.column("license"))


def is_allowed(license: str, allow: tuple[str, ...], allow_unknown: bool) -> bool:
    """Whether a document under `license` may leave. Globs see single licences only, so `MIT*` does not take
    `MIT AND Proprietary`; what is no SPDX expression must be listed letter by letter."""
    name = license.strip().casefold()
    if name in UNKNOWN:
        return allow_unknown
    if name in {entry.casefold() for entry in allow}:
        return True
    return _holds(_parse(license), partial(_permits, allow=allow, allow_unknown=allow_unknown))


def _holds(expression: Any, permits: Callable[[str], bool]) -> bool:
    """Evaluate a parsed expression: a licence, or `OR` or `AND` over parts; None never holds."""
    if expression is None:
        return False
    if expression.isliteral:
        return permits(expression.render())
    parts = (_holds(part, permits) for part in expression.args)
    return any(parts) if expression.operator.strip() == "OR" else all(parts)


def _permits(name: str, allow: tuple[str, ...], allow_unknown: bool) -> bool:
    """Whether one licence, or one licence with its exception, is on the list."""
    name = name.casefold()
    if name in UNKNOWN:
        return allow_unknown
    return any(fnmatchcase(name.removesuffix("+"), glob.casefold().removesuffix("+")) for glob in allow)


@lru_cache(maxsize=4096)
def _parse(license: str) -> Any:
    """The parsed expression, or None where `license` is none. The library takes words with spaces in between
    for one licence; SPDX does not."""
    if len(license) > MAX_LENGTH:
        return None
    try:
        expression = Licensing().parse(license)
    except (ExpressionError, *_LOST):
        return None
    spaced = expression is None or any(len(symbol.key.split()) > 1 for symbol in _symbols(expression))
    return None if spaced else expression


def _symbols(expression: Any) -> Iterable[Any]:
    """Licences and exceptions in an expression, each on its own."""
    return [part for symbol in expression.symbols for part in symbol.decompose()]


STAGE = Filter(
    name="export.licenses",
    version=2,
    config=LicensesConfig,
    summary="Keeps documents whose licence is on the allow-list; unknown licences leave only if allowed.",
    libraries=("license-expression",),
    measure=measure,
    keep=judge,
)
