"""Faults planted in rewrites: one per text, of a kind, by the finder here, which is not the gate's.

KINDS: `number_invented` stands nowhere in the source; `number_misplaced` is another number of the source;
`name_invented` comes from another passage; `name_misplaced` is another name of the source; `unit_swapped` leaves the
number and changes its unit. What is misplaced does not stand in the sentence, row or question where it is put.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

KINDS = ("number_invented", "number_misplaced", "name_invented", "name_misplaced", "unit_swapped")

UNITS = (
    ("bytes", "bits", "characters"), ("byte", "bit"), ("seconds", "minutes", "hours", "days", "weeks", "months", "years"),
    ("second", "minute", "hour", "day", "week", "month", "year"), ("KB", "MB", "GB", "TB"), ("percent", "dollars"),
    ("%", " years"), ("million", "billion", "thousand"), ("a.m.", "p.m."), ("kilometers", "miles"),
    ("milliseconds", "microseconds", "nanoseconds"), ("USD", "EUR"), ("-bit", "-byte", "-digit"), ("gas", "ether"),
)  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.,:/+*=^-])\d+(?:,\d{3})*(?:\.\d+)*(?![\w/*=^]|[.,:-]\d)")
_CODE = re.compile(
    r"(?<![\w.:/-])(?:[A-Za-z]\w*(?:(?:::|\.|-)[A-Za-z]\w*)*[a-z](?:[A-Z_]|(?:::|\.|-)[A-Z])\w*|[A-Z]{2,}\d*|[a-z]+_\w+)(?![\w:/]|[.-]\w)"
)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*(?![\w.:/-])")
NO_NAMES = frozenset(
    "You We It The This That These They There He She An If In When Also And But So Then For Of No Not".split()
)
_UNIT = re.compile(
    r"(?P<number>(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?)(?P<gap>[ ]?)(?P<unit>"
    + "|".join(re.escape(unit) for group in UNITS for unit in sorted(group, key=len, reverse=True))
    + r")(?![A-Za-z])"
)


class Planted(NamedTuple):
    """A rewrite with a fault: `wrong` stands where `right` stood."""

    text: str
    kind: str
    right: str
    wrong: str


def names_of(text: str) -> list[tuple[int, int]]:
    """Where names stand: code, acronyms, capital words within a sentence."""
    found = {m.span() for pattern in (_CODE, _NAME) for m in pattern.finditer(text)}
    return sorted((start, stop) for start, stop in found if not NO_NAMES & set(text[start:stop].split()))


def numbers_of(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _NUMBER.finditer(text)]


def plain(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).lower()


def statement(text: str, start: int, stop: int) -> str:
    """The sentence, row, item, or question with answer around a place."""
    first = max(text.rfind(end, 0, start) for end in ("\n\n", "\n|", "\n-", ". ", "\x00"))
    ends = [at for end in ("\n\n", "\n|", "\n-", ". ") if (at := text.find(end, stop)) >= 0]
    return text[first + 1 : min(ends, default=len(text))]


def plant(text: str, source: str, other: str, kind: str, draw: random.Random) -> Planted | None:
    """One fault of a kind in a rewrite of `source`; None where it has no place for one."""
    if kind == "unit_swapped":
        return _unit(text, source, draw)
    what, _, how = kind.partition("_")
    spans = names_of if what == "name" else numbers_of
    places = spans(text)
    draw.shuffle(places)
    donors = source if how == "misplaced" else other
    for start, stop in places:
        right, around = text[start:stop], statement(text, start, stop)
        options = (
            {donors[a:b] for a, b in spans(donors)} if (what, how) != ("number", "invented") else _invented(right, draw)
        )
        fitting = [one for one in sorted(options) if _fits(one, right, around, source, how, what)]
        if plain(right) in plain(source) and fitting:
            wrong = draw.choice(fitting)
            return Planted(text[:start] + wrong + text[stop:], kind, right, wrong)
    return None


def _fits(one: str, right: str, around: str, source: str, how: str, what: str) -> bool:
    """Whether it is another than the right one, not part of it, and new to the statement, or to the source."""
    a, b = plain(one), plain(right)
    if not a or a == b or (what == "name" and (a in b or b in a)):
        return False
    if what == "number" and ("." in one) != ("." in right) and how == "misplaced":
        return False
    if how == "invented":
        return (
            a not in plain(source)
            if what == "name"
            else not re.search(rf"(?<!\d){a}(?!\d)", re.sub(r"[,.]", "", source))
        )
    return a not in plain(around)


def _invented(right: str, draw: random.Random) -> set[str]:
    """Numbers of the same form with another figure or two."""
    made = set()
    for _ in range(6):
        figures = [c if not c.isdigit() or draw.random() < 0.5 else str(draw.randint(1, 9)) for c in right]
        made.add("".join(figures))
    return made


def _unit(text: str, source: str, draw: random.Random) -> Planted | None:
    found = list(_UNIT.finditer(text))
    draw.shuffle(found)
    for match in found:
        group = next(group for group in UNITS if match["unit"] in group)
        options = [
            unit for unit in group
            if unit != match["unit"] and plain(match["number"] + unit) not in plain(source)
        ]  # fmt: skip
        if options:
            wrong = match["number"] + match["gap"] + draw.choice(options)
            return Planted(text[: match.start()] + wrong + text[match.end() :], "unit_swapped", match[0], wrong)
    return None
