"""All candidates of several valuations on one trunk, ranked at each share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation_lib.core.errors import ConfigError


def leaderboard(reports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows by share, then by effect, the largest first. rank and to: the places that a row's interval leaves open, with
    others of its share. Effects are of each valuation against its own control; p is adjusted within it.

    Raises ConfigError for reports on different trunks, whose effects do not compare.
    """
    trunks = {one["trunk"]: one["name"] for one in reports}
    if len(trunks) > 1:
        raise ConfigError(f"valuations {', '.join(trunks.values())} are on different trunks; rank those of one trunk")
    rows = [
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
    rows.sort(key=lambda row: (row["share"], -row["effect"]["value"], row["candidate"], row["valuation"]))
    return [{**row, **_places(row, [one for one in rows if one["share"] == row["share"]])} for row in rows]


def _places(row: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """First and last place that the intervals allow."""
    above = sum(one["effect"]["low"] > row["effect"]["high"] for one in others)
    below = sum(one["effect"]["high"] < row["effect"]["low"] for one in others)
    return {"rank": above + 1, "to": len(others) - below}
