"""The leaderboards of a store: its valuations ranked, as many together as compare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from curation_lib.audit import valuation_rows
from curation_lib.audit.html_pages import write_report
from curation_lib.audit.valuation_page import page_template
from curation_lib.audit.valuations import list_valuations
from curation_lib.runner.store import Store
from curation_lib.valuation.leaderboard import Entry, leaderboard

ROOT, NAME = "leaderboards", "leaderboard"


def write_leaderboards(store: Store) -> list[str]:
    """Write leaderboard.json and leaderboard.html to `leaderboards/<what they share>/`; returns their addresses."""
    groups = defaultdict(list)
    for one in sorted(list_valuations(store), key=lambda one: (one.made, one.name, one.fingerprint)):
        if one.comparable:  # reports of old did not say
            groups[one.comparable].append(Entry(store.read_json(one.verdict), one.about.get("candidates", {})))
    places = {shared: Store(store.address(f"{ROOT}/{shared}")) for shared in sorted(groups)}
    return [address for shared, place in places.items() for address in write(groups[shared], place)]


def write(entries: Sequence[Entry], place: Store) -> list[str]:
    """Write leaderboard.json and leaderboard.html; returns their addresses. entries: the oldest first. ConfigError for
    what does not compare."""
    rows = leaderboard(entries)
    return write_report(NAME, {"trunk": entries[0].report["trunk"], "rows": rows}, page, place)


def page(board: Mapping[str, Any]) -> str:
    """The leaderboard as HTML, a table and a picture per share."""
    shares = {row["share"]: [one for one in board["rows"] if one["share"] == row["share"]] for row in board["rows"]}
    tables = [(share, rows, valuation_rows.ranked(rows)) for share, rows in shares.items()]
    return page_template("leaderboard.html.j2").render(board=board, tables=tables)
