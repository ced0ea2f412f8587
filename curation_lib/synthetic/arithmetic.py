"""The equations that a worked solution writes out, checked exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TERM = rf"[$€£]?\s*+(?:{_NUMBER})\s*+%?"
_EQUATION = re.compile(rf"(?<![\w.])({_TERM}(?:\s*+[-+*/×x÷·−]\s*+{_TERM})+)\s*+=\s*+({_TERM})")
_TOKEN = re.compile(rf"({_NUMBER})\s*(%?)|([-+*/×x÷·−])")
_SIGNS = {"×": "*", "x": "*", "·": "*", "÷": "/", "−": "-"}
LONGEST = 1000
"""Characters of an equation that is calculated: a model that goes in circles writes thousands of digits, which Python
does not read as a number."""
NUMBER = re.compile(rf"(?<![\w.])(?:{_NUMBER})(?!\w)")


class Equation(NamedTuple):
    """What is calculated, what the text says it gives, and whether that is so (to the digits given)."""

    text: str
    result: str
    true: bool


def equations(text: str) -> Iterator[Equation]:
    """Every sum, difference, product and quotient of numbers with its stated result; one over LONGEST is not true."""
    for found in _EQUATION.finditer(text):
        if len(found.group(0)) > LONGEST:
            yield Equation(found.group(0), found.group(2).strip(), False)
            continue
        value, stated = _value(found.group(1)), found.group(2)
        result = number(_TOKEN.search(stated).group(1))  # type: ignore[union-attr]
        if stated.rstrip().endswith("%"):
            result /= 100
        yield Equation(found.group(0), stated.strip(), value is not None and _equal(value, result, stated))


def number(text: str) -> Fraction:
    """The value of a number as written, commas between thousands."""
    return Fraction(text.replace(",", ""))


def _equal(value: Fraction, result: Fraction, stated: str) -> bool:
    """Equal, or rounded to the decimals that are given, if there are any."""
    decimals = len(stated.rstrip(" %").partition(".")[2]) + 2 * stated.rstrip().endswith("%")
    return value == result or (decimals > 0 and abs(value - result) <= Fraction(1, 2 * 10**decimals))


def _value(expression: str) -> Fraction | None:
    """Products before sums; None for a division by zero."""
    terms: list[Fraction] = []
    sign = "+"
    for found in _TOKEN.finditer(expression):
        if found.group(3):
            sign = _SIGNS.get(found.group(3), found.group(3))
            continue
        value = number(found.group(1)) / (100 if found.group(2) else 1)
        if sign == "/" and not value:
            return None
        if sign in "*/":
            terms[-1] = terms[-1] * value if sign == "*" else terms[-1] / value
        else:
            terms.append(value if sign == "+" else -value)
    return sum(terms, Fraction(0))
