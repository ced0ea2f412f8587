"""Pictures of a valuation with lines over an axis, as places in pixels; the template draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curation_lib.audit.axis import Axis, axis
from curation_lib.audit.valuation_rows import LOOKS
from curation_lib.valuation.arms import percent

BOTTOM, TOP = 230.0, 20.0
ACROSS = (70.0, 560.0)
"""In pixels of 760 by 270: where values begin and end. A picture with more labels than fit is higher."""
LABEL = 14.0
"""Pixels between two labels at least."""
TRUNK = "trunk"
"""What the curve is called that anneals continue, and the class of its line."""


class Line(NamedTuple):
    """A line through points, with their intervals where they have some. side: height of its label."""

    label: str
    look: str
    points: list[tuple[float, float]]
    spans: list[tuple[float, float, float]]
    side: float

    @property
    def path(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


class Lines(NamedTuple):
    """A picture with lines over an axis."""

    lines: list[Line]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    zero: float | None
    bottom: float


def response(report: Mapping[str, Any]) -> Lines:
    """Effect over share, candidates and their words shuffled, from nothing on."""
    series = []
    for candidate in report["candidates"]:
        doses = candidate["doses"]
        series.append((candidate["name"], "best", [(dose["share"], dose["effect"]) for dose in doses]))
        words = {dose["shuffled_share"]: dose["negative"] for dose in doses if dose["shuffled"]}
        if words:
            series.append((f"{candidate['name']} shuffled", "even", sorted(words.items())))
    values = [v for _, _, told in series for _, one in told for v in (one["low"], one["high"])]
    up = axis([0.0, *values], bottom := _bottom(len(series)), TOP)
    most = max(share for _, _, told in series for share, _ in told)
    across = Axis(0.0, most * 1.05, *ACROSS)
    lines = [
        Line(
            name,
            look,
            [(across.at(0), up.at(0)), *((across.at(share), up.at(one["value"])) for share, one in told)],
            [(across.at(share), up.at(one["low"]), up.at(one["high"])) for share, one in told],
            up.at(told[-1][1]["value"]),
        )
        for name, look, told in series
    ]
    shares = sorted({0.0, *(share for _, _, told in series for share, _ in told)})
    return Lines(_apart(lines, bottom), [(across.at(s), percent(s)) for s in shares], up.marks(), up.at(0), bottom)


def curves(report: Mapping[str, Any]) -> Lines | None:
    """Training loss over tokens, anneals behind the trunk; None where none was told."""
    told = {name: points for name, points in report["curves"].items() if points}
    if not told:
        return None
    behind = told[TRUNK][-1][0] if TRUNK in told else 0
    moved = {name: [(t + (name != TRUNK) * behind, loss) for t, loss in points] for name, points in told.items()}
    across = Axis(0.0, max(tokens for points in moved.values() for tokens, _ in points), *ACROSS)
    up = axis([loss for points in moved.values() for _, loss in points], bottom := _bottom(len(moved)), TOP)
    looks = {arm["arm"]: LOOKS[arm["kind"]] for arm in report["arms"]}
    lines = [
        Line(
            name, looks.get(name, TRUNK), [(across.at(t), up.at(loss)) for t, loss in points], [], up.at(points[-1][1])
        )
        for name, points in moved.items()
    ]
    return Lines(_apart(lines, bottom), [(x, _tokens(text)) for x, text in across.marks(4)], up.marks(), None, bottom)


def _tokens(text: str) -> str:
    value = float(text)
    for unit, size in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return text


def _bottom(labels: int) -> float:
    return max(BOTTOM, TOP + LABEL * (labels - 1))


def _apart(lines: Sequence[Line], bottom: float) -> list[Line]:
    """The lines with labels LABEL pixels apart or more, between TOP and bottom: each is pushed down by those above it,
    then up by the end of the picture."""
    order = sorted(range(len(lines)), key=lambda n: lines[n].side)
    sides, last = {}, TOP - LABEL
    for n in order:
        sides[n] = last = max(lines[n].side, last + LABEL)
    last = bottom + LABEL
    for n in reversed(order):
        sides[n] = last = min(sides[n], last - LABEL)
    return [line._replace(side=sides[n]) for n, line in enumerate(lines)]
