"""Leaderboards: places within a share, as open as intervals leave them; of a store as many as compare."""

from __future__ import annotations

import json
import os

import pytest

from curation_lib.audit.leaderboards import write, write_leaderboards
from curation_lib.core.errors import ConfigError
from curation_lib.runner.store import Store, canonical_json
from curation_lib.valuation.leaderboard import Entry, leaderboard
from tests.audit.test_valuation_page import balanced, told
from tests.valuation.experiments import candidate


def test_the_leaderboard_ranks_within_a_share_and_leaves_open_what_intervals_do(tmp_path):
    first = told({candidate(0.1, "a"): 0.02, candidate(0.3, "a"): 0.08, candidate(0.3, "b"): 0.0795})
    second = told({candidate(0.3, "d"): 0.03}, "autumn", seed=2)
    rows = leaderboard([Entry(first), Entry(second)])
    assert [row["share"] for row in rows] == [0.1, 0.3, 0.3, 0.3]
    assert {row["candidate"]: (row["rank"], row["to"]) for row in rows[1:]} == {"a": (1, 2), "b": (1, 2), "d": (3, 3)}
    assert [row["recommended"] for row in rows if row["candidate"] == "a"] == [False, True]
    assert leaderboard([Entry(second), Entry(first)]) == rows
    write([Entry(first), Entry(second)], Store(str(tmp_path)))
    html = (tmp_path / "leaderboard.html").read_text()
    assert json.loads((tmp_path / "leaderboard.json").read_text())["rows"] == rows
    assert html.count("<svg") == 2
    assert "1–2" in html
    balanced(html)


def test_what_does_not_compare_is_not_ranked_together():
    arms = {candidate(0.3): 0.0}
    with pytest.raises(ConfigError, match="valuations spring, autumn differ in trunk"):
        leaderboard([Entry(told(arms)), Entry(told(arms, "autumn", shared="other"))])


def test_the_last_report_of_a_dose_counts():
    few, many = told({candidate(0.3): 0.03}), told({candidate(0.3): 0.05}, seeds=4)
    for first, last in ((few, many), (many, few)):
        (row,) = leaderboard([Entry(first, {"c": ["s3://a/c.jsonl"]}), Entry(last, {"c": ["s3://a/c.jsonl"]})])
        assert row["seeds"] == last["seeds"]


def test_datasets_of_one_name_stand_beside_each_other(tmp_path):
    one, other = told({candidate(0.3): 0.03}), told({candidate(0.3): 0.08}, seed=2)
    entries = [Entry(one, {"c": ["s3://a/c.jsonl"]}), Entry(other, {"c": ["s3://b/c.jsonl"]})]
    rows = leaderboard(entries)
    assert [row["documents"] for row in rows] == [["s3://b/c.jsonl"], ["s3://a/c.jsonl"]]
    write(entries, Store(str(tmp_path)))
    html = (tmp_path / "leaderboard.html").read_text()
    assert all(address in html for address in ("s3://a/c.jsonl", "s3://b/c.jsonl"))


def test_a_corrected_dataset_is_told_by_its_newest_report_and_an_old_one_spoils_nothing(tmp_path):
    """Fingerprints stand in no order; the second report is the newer one, whatever it is called."""
    for first, second in (("1", "2"), ("2", "1")):
        store = Store(str(tmp_path / first))
        for at, (place, effect) in enumerate([(first, 0.02), (second, 0.09)]):
            store.put(
                f"valuations/spring/{place}/about.json", canonical_json({"candidates": {"c": ["s3://a/c.jsonl"]}})
            )
            store.put(f"valuations/spring/{place}/verdict.json", canonical_json(told({candidate(0.3): effect})))
            os.utime(store.path(f"valuations/spring/{place}/verdict.json"), (1000 + at, 1000 + at))
        report = told({candidate(0.3): 0.5})
        del report["comparable"]
        store.put("valuations/old/3/verdict.json", canonical_json(report))
        write_leaderboards(store)
        (row,) = store.read_json("leaderboards/abc/leaderboard.json")["rows"]
        assert row["effect"]["value"] == pytest.approx(0.09, abs=0.01)


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
