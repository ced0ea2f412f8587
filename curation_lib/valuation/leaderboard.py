"""All candidates of several valuations whose effects compare, ranked at each share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation_lib.core.errors import ConfigError


def leaderboard(reports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows by share, then by effect, the largest first. rank and to: the places that a row's interval leaves open, with
    others of its share. Effects are of each valuation against its own control; p is adjusted within it. A dose that a
    valuation was asked about twice is told by the one with more seeds.

    Raises ConfigError for reports whose effects do not compare.
    """
    if len({one["comparable"] for one in reports}) > 1:
        names = ", ".join(dict.fromkeys(one["name"] for one in reports))
        raise ConfigError(
            f"valuations {names} differ in trunk, anneal_tokens, targets or guards; rank those that do not"
        )
    rows: dict[tuple[str, str, float], dict[str, Any]] = {}
    for one in sorted(_rows(reports), key=lambda row: row["seeds"]):
        rows[one["valuation"], one["candidate"], one["share"]] = one
    ranked = sorted(
        rows.values(), key=lambda row: (row["share"], -row["effect"]["value"], row["candidate"], row["valuation"])
    )
    return [{**row, **_places(row, [one for one in ranked if one["share"] == row["share"]])} for row in ranked]


def _rows(reports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "valuation": one["name"],
            "candidate": candidate["name"],
            "verdict": candidate["verdict"],
            "recommended": candidate["share"] == dose["share"],
            **{key: dose[key] for key in ("share", "effect", "harm", "adjusted", "seeds", "wins")},
        }
        for one in reports
        for candidate in one["candidates"]
        for dose in candidate["doses"]
    ]


def _places(row: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """First and last place that the intervals allow."""
    above = sum(one["effect"]["low"] > row["effect"]["high"] for one in others)
    below = sum(one["effect"]["high"] < row["effect"]["low"] for one in others)
    return {"rank": above + 1, "to": len(others) - below}
