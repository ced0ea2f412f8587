"""Two builds whose differences are known: a document each added, lost, rewritten, filtered and without a licence."""

from __future__ import annotations

import json
from collections import Counter
from math import log

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from curation_lib.audit.mix_diff import mix_diff
from curation_lib.audit.mix_diff_page import page, write
from curation_lib.audit.mix_plan import mix_plan
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.build import new_session
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.store import Store
from curation_lib.text.hashing import doc_id
from tests.laws.stage_table import QUIZ
from tests.runner.corpora import RAW, prose, rows, run_steps, write_jsonl

SHORT = {"id": "short", "text": "Five words stand in here."}


def recipe(folder, allow, stages, **mixes):
    plain = [{"normalize.plain": RAW}]
    sources = {
        name: {"stage": "sources.jsonl", "paths": str(folder / f"{name}.jsonl"), "license": license, "normalize": plain}
        for name, license in (("books", "MIT"), ("wiki", "CC-BY-4.0"))
    }
    return {"corpus": "c", "sources": sources, "stages": stages, "licenses": {"allow": allow}, "mixes": mixes}


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    """The store and the ids of both builds."""
    folder = tmp_path_factory.mktemp("diff")
    once, most = {"default_weight": 1}, {"default_weight": 1, "token_budget": 10**6, "max_epochs": 2}
    write_jsonl(folder / "books.jsonl", [*rows(0, 12), SHORT])
    write_jsonl(folder / "wiki.jsonl", rows(100, 3))
    small = {"weights": [{"source": "wiki", "weight": 1}], "benchmarks": [QUIZ]}
    first = run_steps(recipe(folder, ["MIT", "CC-BY-4.0"], [], pretrain=once, midtrain=small), folder / "store")
    changed = [{**rows(1, 1)[0], "text": prose(7001)}, *rows(2, 10), *rows(50, 1), SHORT]
    write_jsonl(folder / "books.jsonl", changed)
    length = [{"filters.length": {"min_characters": 100}}]
    second = run_steps(recipe(folder, ["MIT"], length, pretrain=most), folder / "store")
    return Store(str(folder / "store")), first.build_id, second.build_id


def test_a_copy_that_was_dropped_is_not_why_its_document_left(tmp_path):
    write_jsonl(tmp_path / "books.jsonl", [*rows(0, 4), *rows(2, 1)])
    write_jsonl(tmp_path / "wiki.jsonl", rows(100, 2))
    wiki = {"weights": [{"source": "wiki", "weight": 1}], "benchmarks": [QUIZ]}
    mixes = {"pretrain": {"default_weight": 1}, "midtrain": wiki}
    build = run_steps(recipe(tmp_path, ["MIT", "CC-BY-4.0"], ["dedup.exact"], **mixes), tmp_path / "store").build_id
    (found,) = mix_diff(Store(str(tmp_path / "store")), f"{build}:pretrain", f"{build}:midtrain")
    why = {(row["step"], row["rule"]): row["documents"] for row in found.report["left"]["rules"]}
    assert why == {("mix.midtrain", "mix.sample.weight_zero"): 4}


def test_what_entered_what_left_and_why(builds):
    store, first, second = builds
    (found,) = mix_diff(store, first, second)
    report = found.report
    assert [report[side]["build"] for side in ("before", "after")] == [first, second]
    assert (report["before"]["documents"], report["after"]["documents"], report["after"]["rows"]) == (16, 12, 24)
    assert report["in_both"] == {"documents": 11, "other_text": 1, "more_often": 11, "less_often": 0}
    assert [row["doc_id"] for row in report["entered"]["samples"]] == [doc_id("books", "doc-50")]
    assert report["entered"]["rules"] == [
        {"step": None, "rule": None, "documents": 1, "bytes": len(prose(50).encode())}
    ]
    assert report["left"]["documents"] == 5
    why = {row["doc_id"]: (row["step"], row["rule"]) for row in report["left"]["samples"]}
    assert why == {
        doc_id("books", "doc-0"): (None, None),
        doc_id("books", "short"): ("filters.length", "filters.length.min_characters"),
        **{
            doc_id("wiki", f"doc-{n}"): ("export.licenses", "export.licenses.license_not_allowed")
            for n in (100, 101, 102)
        },
    }
    assert {row["rule"]: row["documents"] for row in report["left"]["rules"]} == Counter(
        rule for _, rule in why.values()
    )
    assert [(row["source"], row["documents"]) for row in report["left"]["by_source"]] == [("wiki", 3), ("books", 2)]


def test_the_shift_is_that_of_the_bytes_of_text(builds):
    store, first, second = builds
    (found,) = mix_diff(store, first, second)
    shift = found.report["shift"]
    size = {n: len(prose(n).encode()) for n in (*range(12), 100, 101, 102)}
    wiki, every = sum(size[n] for n in (100, 101, 102)), sum(size.values()) + len(SHORT["text"])
    moved = {row["value"]: row for row in shift["license"]["values"]}
    assert moved["CC-BY-4.0"]["share_before"] == pytest.approx(wiki / every)
    assert [moved[name]["delta"] for name in ("CC-BY-4.0", "MIT")] == pytest.approx([-wiki / every, wiki / every])
    assert shift["license"]["kl"] == pytest.approx(-log(1 - wiki / every))
    assert shift["language"]["js"] == 0
    lengths = {row["value"]: row["before"] for row in shift["length"]["values"]}
    assert lengths["under 1 KiB"] >= len(SHORT["text"])
    assert sum(lengths.values()) == every
    assert mix_diff(store, second, first)[0].report["shift"]["license"]["kl"] is None


def test_a_build_against_itself_and_one_phase_against_another(builds):
    store, first, _ = builds
    same = mix_diff(store, first, first)
    assert [one.report["before"]["phase"] for one in same] == ["pretrain", "midtrain"]
    for one in same:
        assert not one.entered.num_rows
        assert not one.left.num_rows
        assert all(moved["js"] == 0 for moved in one.report["shift"].values())
    (other,) = mix_diff(store, f"{first}:pretrain", f"{first}:midtrain")
    assert other.report["entered"]["documents"] == 0
    assert other.report["left"]["rules"] == [
        {"step": "mix.midtrain", "rule": "mix.sample.weight_zero", "documents": 13,
         "bytes": other.report["left"]["bytes"]}]  # fmt: skip


def test_on_the_command_line_and_as_files(builds, tmp_path):
    store, first, second = builds
    arguments = ["mix", "diff", first[:8], f"{second}:pretrain", "--phase", "pretrain", "--store", store.url, "--json"]
    found = CliRunner().invoke(cli, [*arguments, "--output", str(tmp_path / "out"), "--samples", "1"])
    assert found.exit_code == 0, found.output
    (report,) = json.loads(found.stdout.splitlines()[-1])["comparisons"]
    assert len(report["left"]["samples"]) == 1
    assert "3 export.licenses: export.licenses.license_not_allowed" in found.stdout
    left = pq.read_table(tmp_path / "out" / "left-pretrain.parquet").to_pylist()
    assert len(left) == 5
    assert {row["rule"] for row in left} == {
        None, "filters.length.min_characters", "export.licenses.license_not_allowed"}  # fmt: skip
    text = (tmp_path / "out" / "mix_diff.html").read_text()
    assert "license_not_allowed" in text
    assert json.loads((tmp_path / "out" / "mix_diff.json").read_text())["comparisons"] == [report]


def test_the_page_is_the_same_twice_and_holds_what_was_crawled_as_text(builds):
    store, first, second = builds
    (found,) = mix_diff(store, first, second)
    report = {**found.report, "left": {**found.report["left"]}}
    report["left"]["samples"] = [{**report["left"]["samples"][0], "url": "<script>alert(1)</script>"}]
    told = page({"comparisons": [report]})
    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert page({"comparisons": [report]}) == told


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("{0}:posttrain", "{0}", "name a phase of both, or of neither"),
        ("{0}:posttrain", "{1}:pretrain", "has no phase 'posttrain'; it has pretrain, midtrain"),
        ("{0}", "ffff", "no single build 'ffff'"),
    ],
)
def test_what_is_not_there_is_refused(builds, before, after, said):
    store, *ids = builds
    with pytest.raises(ConfigError, match=said):
        mix_diff(store, before.format(*ids), after.format(*ids))


def test_an_empty_mix_can_be_compared(builds, tmp_path):
    store, first, _ = builds
    empty = {"weights": [{"source": "nothing", "weight": 1}]}
    folder = tmp_path / "in"
    write_jsonl(folder / "books.jsonl", rows(0, 2))
    write_jsonl(folder / "wiki.jsonl", rows(100, 1))
    build = run_steps(recipe(folder, ["MIT", "CC-BY-4.0"], [], pretrain=empty), store.url)
    (found,) = mix_diff(store, f"{first}:pretrain", f"{build.build_id}:pretrain")
    assert found.report["left"]["documents"] == 16
    assert found.report["shift"]["source"]["js"] is None
    assert write([found], Store(str(tmp_path / "out")))


def test_plan_and_diff_over_s3(s3, tmp_path):
    """A plan's mix is built where it was planned, and compared with the one before."""
    write_jsonl(tmp_path / "books.jsonl", rows(0, 8))
    write_jsonl(tmp_path / "wiki.jsonl", rows(100, 3))
    mixes = (
        {"default_weight": 1},
        {"weights": [{"source": "wiki", "weight": 1}], "max_epochs": 2, "token_budget": 1500},
    )
    written = [recipe(tmp_path, ["MIT", "CC-BY-4.0"], [], pretrain=mix) for mix in mixes]
    store = Store(f"{s3}/prefix")
    first = run_steps(written[0], store.url)
    parsed = parse_recipe(written[1])
    (phase,) = mix_plan(parsed, new_session(parsed, store, LocalScheduler(1)))["phases"]
    second = run_steps(written[1], store.url)
    assert (
        f"{phase['tokens']:,} tokens of 1,500"
        in store.read(f"{second.directories()['export.pretrain']}/mix.svg").decode()
    )
    (found,) = mix_diff(store, first.build_id, second.build_id)
    assert found.report["left"]["rules"][0]["rule"] == "mix.sample.weight_zero"
    assert found.report["after"]["rows"] == phase["rows"]
    assert len(write([found], Store(f"{s3}/report"))) == 4
