"""Pictures of a valuation with a row per arm, as places in pixels; the template draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curation_lib.audit.axis import Axis, axis

LEFT, RIGHT, ROW, TOP = 200, 600, 24, 44
"""In pixels of 760: where values begin and end, a row's height, the first row."""
BEFORE_VERDICT = 530
"""Where values of a leaderboard end: a verdict in words stands behind them."""
LOOKS = {"candidate": "best", "negative": "even", "placebo": "base", "control": "base"}
"""Class of an arm's marks."""
SHOWN = ("target", "guard", "task")
"""Kinds of measure sets that have a picture, in order."""


class Mark(NamedTuple):
    """A value with its interval in a row, or dots in it."""

    label: str
    look: str
    y: float
    low: float
    high: float
    value: float
    text: str
    dots: tuple[float, ...] = ()


class Rows(NamedTuple):
    """A picture with a row per arm."""

    title: str
    marks: list[Mark]
    ticks: list[tuple[float, str]]
    lines: dict[str, float]
    height: int


def effects(report: Mapping[str, Any]) -> Rows:
    """Effects on the targets with intervals: candidates at their shares, their words shuffled, placebos."""
    found = list(_effects(report))
    least = report["settings"]["minimum_effect"]
    across = axis([0.0, least, *(v for _, _, one in found for v in (one["low"], one["high"]))], LEFT, RIGHT)
    marks = [_mark(label, look, n, across, one, f"{one['value']:+.4f}") for n, (label, look, one) in enumerate(found)]
    lines = {"zero": across.at(0.0), "least": across.at(least)}
    return Rows("Effect on the targets", marks, across.marks(), lines, _height(len(marks)))


def _effects(report: Mapping[str, Any]) -> Sequence[tuple[str, str, Mapping[str, float]]]:
    found = []
    for candidate in report["candidates"]:
        found += [(dose["arm"], "best", dose["effect"]) for dose in candidate["doses"]]
        shuffled = {dose["shuffled"]: dose["negative"] for dose in candidate["doses"] if dose["shuffled"]}
        found += [(label, "even", one) for label, one in shuffled.items()]
    return [*found, *((one["arm"], "base", one) for one in report["placebos"])]


def _mark(label: str, look: str, n: int, across: Axis, one: Mapping[str, float], text: str) -> Mark:
    return Mark(label, look, _row(n), across.at(one["low"]), across.at(one["high"]), across.at(one["value"]), text)


def ranked(rows: Sequence[Mapping[str, Any]]) -> Rows:
    """A leaderboard's rows of one share."""
    found = [row["effect"] for row in rows]
    across = axis([0.0, *(v for one in found for v in (one["low"], one["high"]))], LEFT, BEFORE_VERDICT)
    marks = [
        _mark(row["candidate"], "best", n, across, one, row["verdict"])
        for n, (row, one) in enumerate(zip(rows, found, strict=True))
    ]
    return Rows("Effect on the targets", marks, across.marks(), {"zero": across.at(0.0)}, _height(len(marks)))


def seeds(report: Mapping[str, Any]) -> list[Rows]:
    """Bits per byte of every seed of every arm: of targets, guards and task sets one picture each."""
    names = [
        (SHOWN.index(kind), n) for n in report["arms"][0]["bits_per_byte"] if (kind := n.partition("/")[0]) in SHOWN
    ]
    return [_seeds(name, report["arms"]) for _, name in sorted(names)]


def _seeds(name: str, arms: Sequence[Mapping[str, Any]]) -> Rows:
    across = axis([value for arm in arms for value in arm["bits_per_byte"][name]], LEFT, RIGHT)
    marks = []
    for n, arm in enumerate(arms):
        values = arm["bits_per_byte"][name]
        mean, dots = sum(values) / len(values), tuple(across.at(value) for value in values)
        place = across.at(mean)
        marks.append(Mark(arm["arm"], LOOKS[arm["kind"]], _row(n), place, place, place, f"{mean:.4f}", dots))
    return Rows(name, marks, across.marks(), {"zero": marks[0].value}, _height(len(marks)))


def _row(n: int) -> int:
    return TOP + ROW * n


def _height(rows: int) -> int:
    return TOP + ROW * rows + 10
