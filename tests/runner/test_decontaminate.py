"""Decontamination through the real runner: ledger, cuts, reuse, the report."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

from curation_lib.audit.contamination import contamination
from curation_lib.audit.retune import retune
from curation_lib.audit.trace import trace
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import parse_recipe, recipe_fingerprint
from curation_lib.runner.build import Build
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store
from tests.laws.replaying import check_replay
from tests.runner.corpora import RAW, prose, run_steps, write_jsonl

NAME = "filters.decontaminate"
ITEMS = [
    "Lena has 12 red marbles and gives 5 of them to her brother, so how many marbles are left to her?",
    "Which planet of the solar system is known for the great red spot that astronomers have watched for ages?",
    "Nobody copied this item about an otter that learned to open jars at the old aquarium.",
    "Too short",
]
CHANGED = ITEMS[0].replace("12", "14")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    texts = [
        prose(1),
        f"{prose(2)}\n\n{ITEMS[0]}\n\n{prose(3)}",
        f"{prose(4)}\n\n{CHANGED}\n\n{prose(5)}",
        ITEMS[1],
        f"{prose(6)} {ITEMS[1].upper()} {prose(7)}\n{ITEMS[0]}",
        "few words",
    ]
    rows = [{"id": f"d{n}", "url": f"https://a.example/{n}", "text": text} for n, text in enumerate(texts)]
    write_jsonl(tmp_path / "docs" / "a.jsonl", rows[:3])
    write_jsonl(tmp_path / "docs" / "b.jsonl", rows[3:])
    write_jsonl(tmp_path / "quiz.jsonl", [{"q": item} for item in ITEMS])
    return tmp_path


def recipe(inputs: Path, quiz: str = "quiz.jsonl", **settings: Any) -> dict[str, Any]:
    source = {"stage": "sources.jsonl", "license": "MIT", "normalize": [{"normalize.plain": {"clean": False, **RAW}}]}
    benchmarks = [{"name": "quiz", "paths": str(inputs / quiz), "fields": ["q"]}]
    return {
        "corpus": "planted",
        "sources": {"docs": {**source, "paths": str(inputs / "docs")}},
        "stages": [{NAME: {"benchmarks": benchmarks, **settings}}],
        "licenses": {"allow": ["MIT"]},
        "mixes": {"pretrain": {"default_weight": 1.0}},
    }


def dataset(done: Build) -> Manifest:
    return complete(Store(done.store), next(s.directory for s in done.steps if s.step.startswith("filters.")))


def book(done: Build, kind: str) -> list[dict[str, Any]]:
    store = Store(done.store)
    return [row for key in dataset(done).files(kind) for row in pq.read_table(store.path(key)).to_pylist()]


def calls(done: Build) -> dict[str, int]:
    return next(s.calls for s in done.steps if s.step == NAME)


def test_the_ledger_names_benchmark_item_span_score_and_threshold(inputs: Path) -> None:
    done = run_steps(recipe(inputs), inputs / "store")
    drops = {row["source_id"]: row for row in book(done, "drops")}
    assert sorted(drops) == ["d1", "d3", "d4"]
    one = drops["d1"]
    assert (one["rule"], one["score"], one["threshold"]) == ("max_contamination", 1.0, 0.1)
    start = len(prose(2)) + 2
    assert one["evidence"] == f"quiz 0 q: 1.000 at {start}-{start + len(ITEMS[0]) + 2}"
    assert "quiz 0 q: 1.000" in drops["d4"]["evidence"]
    assert "quiz 1 q: 1.000" in drops["d4"]["evidence"]
    (history,) = trace(Store(done.store), "https://a.example/1")
    assert history["events"][-1]["evidence"] == one["evidence"]


def test_cuts_lead_from_input_to_output_and_name_the_item(inputs: Path) -> None:
    done = run_steps(recipe(inputs, action="cut"), inputs / "store", batch_rows=2)
    edits = book(done, "edits")
    assert [(e["source_id"], e["rule"], e["evidence"].split(":")[0]) for e in edits] == [
        ("d1", "max_contamination", "quiz 0 q"),
        ("d4", "max_contamination", "quiz 1 q"),
        ("d4", "max_contamination", "quiz 0 q"),
    ]
    assert check_replay(Store(done.store), dataset(done)) == 3
    assert [row["source_id"] for row in book(done, "drops")] == ["d3"]  # nothing was left of it
    texts = {row["source_id"]: row["text"] for row in book(done, "part")}
    assert texts["d1"] == f"{prose(2)}\n\n{prose(3)}"
    assert texts["d2"] == f"{prose(4)}\n\n{CHANGED}\n\n{prose(5)}"


def test_a_cut_in_a_block_leaves_other_filters_their_documents(inputs: Path) -> None:
    written = recipe(inputs, action="cut")
    written["stages"].append({"filters.length": {"min_characters": 10}})
    done = run_steps(written, inputs / "store")
    assert {row["source_id"]: row["stage"] for row in book(done, "drops")} == {"d3": NAME, "d5": "filters.length"}
    assert {row["stage"] for row in book(done, "edits")} == {NAME}


@pytest.mark.parametrize("change", ["max_contamination=null", "max_near_contamination=0.5", "action=cut"])
def test_retune_predicts_a_rebuild(inputs: Path, change: str) -> None:
    field, _, value = change.partition("=")
    store = inputs / "store"
    run_steps(recipe(inputs), store)
    (predicted,) = retune(parse_recipe(recipe(inputs)), Store(str(store)), [f"{NAME}.{change}"])["steps"]
    rebuilt = run_steps(recipe(inputs, **{field: yaml.safe_load(value)}), store)
    assert calls(rebuilt) == {"keep": 2}
    assert predicted["kept"] == {"before": 3, "after": dataset(rebuilt).counts["kept"]}
    taken = {r["rule"]: r["first"]["after"] for r in predicted["rules"] if r["first"]["after"]}
    assert taken == dict(Counter(f"{NAME}.{row['rule']}" for row in book(rebuilt, "drops")))


def test_decisions_reuse_scores_and_a_changed_benchmark_does_not(inputs: Path) -> None:
    store = inputs / "store"
    first = run_steps(recipe(inputs), store)
    assert calls(first) == {"measure": 2, "keep": 2}
    assert calls(run_steps(recipe(inputs, action="cut", max_contamination=0.5), store)) == {"keep": 2}
    (inputs / "moved").mkdir()
    (inputs / "quiz.jsonl").rename(inputs / "moved" / "quiz.jsonl")
    again = run_steps(recipe(inputs, "moved/quiz.jsonl"), store)
    assert (calls(again), again.build_id) == ({}, first.build_id)
    write_jsonl(inputs / "moved" / "quiz.jsonl", [{"q": item} for item in ITEMS[1:]])
    changed = run_steps(recipe(inputs, "moved/quiz.jsonl"), store)
    assert calls(changed) == {"measure": 2, "keep": 2}
    assert changed.build_id != first.build_id
    assert [row["source_id"] for row in book(changed, "drops")] == ["d3", "d4"]


def test_the_place_of_a_benchmark_is_no_part_of_a_recipe(inputs: Path) -> None:
    prints = [recipe_fingerprint(parse_recipe(recipe(inputs, quiz))) for quiz in ("a.jsonl", "b.jsonl")]
    assert prints[0] == prints[1]
    assert prints[0] != recipe_fingerprint(parse_recipe(recipe(inputs, "a.jsonl", ngram=9)))


def test_the_report_counts_items_documents_and_near_misses(inputs: Path) -> None:
    for action, dropped, cut in (("drop", 3, 0), ("cut", 1, 2)):
        done = run_steps(recipe(inputs, action=action), inputs / "store")
        report = contamination(Store(done.store), done.build_id)
        (row,) = report["steps"][0]["benchmarks"]
        examples = row.pop("examples")
        assert row == {
            "benchmark": "quiz", "items": 4, "searched": 3, "items_hit": 2, "documents": 3, "dropped": dropped,
            "cut": cut, "near_items": 1, "near_documents": 1,
        }  # fmt: skip
        (near,) = examples["near_misses"]
        assert (near["source_id"], near["item"], near["fate"], near["text"]) == ("d2", "0", "kept", CHANGED)
        assert {hit["source_id"] for hit in examples["hits"]} <= {"d1", "d3", "d4"}


def test_the_card_says_whether_it_was_done(inputs: Path) -> None:
    for number, (limit, told) in enumerate(((0.1, False), (None, True))):
        done = run_steps(recipe(inputs, max_contamination=limit), inputs / f"store{number}")
        (card,) = (inputs / f"store{number}" / "exports").rglob("README.md")
        assert ("Decontamination: not yet done" in card.read_text()) == told
        assert done.build_id in card.read_text()


def test_the_command_prints_the_report(inputs: Path) -> None:
    done = run_steps(recipe(inputs), inputs / "store")
    result = CliRunner().invoke(cli, ["contamination", done.build_id, "--store", str(inputs / "store"), "--json"])
    assert result.exit_code == 0
    assert "Lena has 14 red marbles" in result.output
    assert json.loads(result.stdout.splitlines()[-1])["steps"][0]["benchmarks"][0]["items_hit"] == 2


def test_a_build_without_the_stage_has_no_report(inputs: Path) -> None:
    written = recipe(inputs)
    written["stages"] = []
    done = run_steps(written, inputs / "store")
    with pytest.raises(ConfigError, match="not decontaminated"):
        contamination(Store(done.store), done.build_id)


def staged(inputs: Path, output: Path, *names: str, **settings: Any) -> None:
    benchmarks = [{"name": "quiz", "paths": str(inputs / "quiz.jsonl"), "fields": ["q"]}]
    told = {f"{NAME}.benchmarks": benchmarks, **{f"{NAME}.{key}": value for key, value in settings.items()}}
    pairs = [f"{key if len(names) > 1 else key.removeprefix(f'{NAME}.')}={json.dumps(v)}" for key, v in told.items()]
    command = ["stage", ",".join(names), "--input", str(inputs / "docs"), "--output", str(output), "--workers", "1"]
    done = CliRunner().invoke(cli, [*command, *(word for pair in pairs for word in ("--set", pair))])
    assert done.exit_code == 0, done.output


def asked(folder: Path, *more: str) -> Any:
    return CliRunner().invoke(cli, ["contamination", str(folder), "--json", *more], env={"WINNOW_STORE": None})


@pytest.mark.parametrize(
    "settings", [{}, {"action": "cut"}, {"max_near_contamination": 0.5}], ids=["drop", "cut", "near"]
)
@pytest.mark.parametrize("names", [(NAME,), ("filters.length", NAME)], ids=["alone", "in a block"])
def test_a_folder_of_winnow_stage_has_the_report_of_a_build(
    inputs: Path, settings: dict[str, Any], names: tuple[str, ...]
) -> None:
    staged(inputs, inputs / "out", *names, **settings)
    done = run_steps(recipe(inputs, **settings), inputs / "store")
    (built,) = contamination(Store(done.store), done.build_id, 9)["steps"][0]["benchmarks"]
    result = asked(inputs / "out", "--examples", "9")
    report = json.loads(result.stdout.splitlines()[-1])
    (row,) = report["steps"][0]["benchmarks"]
    assert report["folder"] == str(inputs / "out")
    assert {k: v for k, v in row.items() if k != "examples"} == {k: v for k, v in built.items() if k != "examples"}
    for kind in ("hits", "near_misses"):
        known = [{k: v for k, v in hit.items() if k not in ("doc_id", "text")} for hit in row["examples"][kind]]
        wanted = [{k: v for k, v in hit.items() if k not in ("doc_id", "text")} for hit in built["examples"][kind]]
        assert sorted(map(str, known)) == sorted(map(str, wanted))
        texts = {(h["source_id"], h["item"]): h["text"] for h in built["examples"][kind]}
        for hit in row["examples"][kind]:
            assert hit["text"] == (texts[hit["source_id"], hit["item"]] if hit["fate"] == "kept" else None)


def test_other_folders_have_no_report(inputs: Path) -> None:
    staged(inputs, inputs / "out", NAME, "dedup.exact")
    assert "was not written by `winnow stage filters.decontaminate`, by itself or last" in asked(inputs / "out").output
    assert "no folder that `winnow stage` wrote; of a build give --store, too" in asked(inputs / "nowhere").output
    (inputs / "manifest.json").write_text('{"a": 1}')
    assert "is not a dataset's" in asked(inputs).output
    done = run_steps(recipe(inputs), inputs / "store")
    assert asked(Path(done.build_id), "--store", str(inputs / "store")).exit_code == 0
