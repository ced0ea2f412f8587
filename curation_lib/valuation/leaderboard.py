"""All candidates of several valuations whose effects compare, ranked at each share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curation_lib.core.errors import ConfigError


class Entry(NamedTuple):
    """A valuation's report. documents: addresses of each candidate's, by its name; none where that was not kept."""

    report: Mapping[str, Any]
    documents: Mapping[str, Sequence[str]] = {}


def leaderboard(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Rows by share, then by effect, the largest first. rank and to: the places that a row's interval leaves open, with
    others of its share. Effects are of each valuation against its own control; p is adjusted within it.

    entries: the oldest first. A dose that a valuation was asked about again, with the candidate's documents at the same
    addresses, is told by the last report. Raises ConfigError for reports whose effects do not compare.
    """
    if len({one.report["comparable"] for one in entries}) > 1:
        names = ", ".join(dict.fromkeys(one.report["name"] for one in entries))
        raise ConfigError(
            f"valuations {names} differ in trunk, anneal_tokens, targets or guards; rank those that do not"
        )
    rows = {_question(one): one for one in _rows(entries)}
    ranked = sorted(rows.values(), key=_place)
    return [{**row, **_places(row, [one for one in ranked if one["share"] == row["share"]])} for row in ranked]


def _question(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["valuation"], row["candidate"], tuple(row["documents"]), row["share"]


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["share"], -row["effect"]["value"], row["candidate"], row["valuation"], row["documents"]


def _rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [
        {
            "valuation": one.report["name"],
            "candidate": candidate["name"],
            "documents": list(one.documents.get(candidate["name"], ())),
            "verdict": candidate["verdict"],
            "recommended": candidate["share"] == dose["share"],
            **{key: dose[key] for key in ("share", "effect", "harm", "adjusted", "seeds", "wins")},
        }
        for one in entries
        for candidate in one.report["candidates"]
        for dose in candidate["doses"]
    ]


def _places(row: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """First and last place that the intervals allow."""
    above = sum(one["effect"]["low"] > row["effect"]["high"] for one in others)
    below = sum(one["effect"]["high"] < row["effect"]["low"] for one in others)
    return {"rank": above + 1, "to": len(others) - below}
