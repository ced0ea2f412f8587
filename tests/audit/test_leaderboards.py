"""Leaderboards: places within a share, as open as intervals leave them; of a store as many as compare."""

from __future__ import annotations

import json

import pytest

from curation_lib.audit.leaderboards import write, write_leaderboards
from curation_lib.core.errors import ConfigError
from curation_lib.runner.store import Store, canonical_json
from curation_lib.valuation.leaderboard import leaderboard
from tests.audit.test_valuation_page import balanced, told
from tests.valuation.experiments import candidate


def test_the_leaderboard_ranks_within_a_share_and_leaves_open_what_intervals_do(tmp_path):
    first = told({candidate(0.1, "a"): 0.02, candidate(0.3, "a"): 0.08, candidate(0.3, "b"): 0.0795})
    second = told({candidate(0.3, "d"): 0.03}, "autumn", seed=2)
    rows = leaderboard([first, second])
    assert [row["share"] for row in rows] == [0.1, 0.3, 0.3, 0.3]
    assert {row["candidate"]: (row["rank"], row["to"]) for row in rows[1:]} == {"a": (1, 2), "b": (1, 2), "d": (3, 3)}
    assert [row["recommended"] for row in rows if row["candidate"] == "a"] == [False, True]
    assert leaderboard([second, first]) == rows
    write([first, second], Store(str(tmp_path)))
    html = (tmp_path / "leaderboard.html").read_text()
    assert json.loads((tmp_path / "leaderboard.json").read_text())["rows"] == rows
    assert html.count("<svg") == 2
    assert "1–2" in html
    balanced(html)


def test_what_does_not_compare_is_not_ranked_together():
    arms = {candidate(0.3): 0.0}
    with pytest.raises(ConfigError, match="valuations spring, autumn differ in trunk"):
        leaderboard([told(arms), told(arms, "autumn", shared="other")])


def test_the_dose_with_more_seeds_counts():
    few, many = told({candidate(0.3): 0.03}), told({candidate(0.3): 0.05}, seeds=4)
    for reports in ([few, many], [many, few]):
        (row,) = leaderboard(reports)
        assert row["seeds"] == 4


def test_a_store_has_one_for_all_that_compare(tmp_path):
    store = Store(str(tmp_path))
    reports = {
        "spring/1": told({candidate(0.3, "a"): 0.03}),
        "autumn/2": told({candidate(0.3, "b"): 0.05}, "autumn", seed=2),
        "other/3": told({candidate(0.3): 0.0}, "other", shared="def"),
    }
    for key, report in reports.items():
        store.put(f"valuations/{key}/verdict.json", canonical_json(report))
    write_leaderboards(store)
    found = {key: json.loads(store.read(f"leaderboards/{key}/leaderboard.json"))["rows"] for key in ("abc", "def")}
    assert [row["candidate"] for row in found["abc"]] == ["b", "a"]
    assert [row["candidate"] for row in found["def"]] == ["c"]
