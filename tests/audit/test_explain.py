"""`winnow explain`: on a build of real documents its numbers are the stored ones, its verdicts the ledger's."""

from __future__ import annotations

import io
import json
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner

from curation_lib.audit.builds import Step, find_build
from curation_lib.audit.explain import explain
from curation_lib.audit.explain_file import explain_file
from curation_lib.audit.reasons import WORDS, density_reasons
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError, ContractError, StoreError
from curation_lib.core.recipe import parse_recipe
from curation_lib.filters.density import DensityConfig, load
from curation_lib.runner.store import Store
from curation_lib.text.density_signals import REASONS, SIGNALS
from tests.runner.corpora import run_steps

STAGES = [
    "dedup.exact",
    {"filters.gopher_quality": {"min_alphabetic_word_ratio": 0.6, "min_stop_words": None}},
    "filters.coherence",
    {"filters.density": {"keep_top_percent": 60, "without_list": "pass"}},
]


class Place(NamedTuple):
    recipe: dict[str, Any]
    store: Store
    build: str
    block: Step
    documents: dict[str, dict[str, Any]]
    drops: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def place(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("explain")
    with (data / "text" / "english.jsonl.zst").open("rb") as file:
        reader = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        rows = [json.loads(line) for line in islice(reader, 0, 2400, 20)]
    rows = [{"id": f"row-{n}", "url": f"https://a.example/{n}", "language": ("en", "de")[n % 10 == 0],
             "text": row["text"]} for n, row in enumerate(rows)]  # fmt: skip
    rows[3]["url"] = rows[4]["url"]
    for n in range(3):
        (folder / f"f{n}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[n::3]))
    recipe = {
        "corpus": "real",
        "sources": {"texts": {"stage": "sources.jsonl", "paths": str(folder), "license": "MIT",
                              "normalize": [{"normalize.plain": {"identify_language": False, "clean": False}}]}},
        "stages": STAGES,
        "licenses": {"allow": ["MIT"]},
        "mixes": {"pretrain": {"default_weight": 1.0}},
    }  # fmt: skip
    store = Store(str(folder / "store"))
    build = str(run_steps(recipe, store.url).build_id)
    steps = {step.id: step for step in find_build(store, build).steps(store)}
    block, before = steps["filters.block"], steps["dedup.exact"]
    documents = {row["doc_id"]: row for row in read(store, before.manifest.parts()).to_pylist()}
    drops = {row["doc_id"]: row for row in read(store, block.manifest.files("drops")).to_pylist()}
    return Place(recipe, store, build, block, documents, drops)


def read(store: Store, keys: list[str]) -> pa.Table:
    return pa.concat_tables([pq.read_table(store.path(key)) for key in keys])


def stored(place: Place, stage: str) -> dict[str, dict[str, Any]]:
    directory = place.block.manifest.facts["scores"][stage]
    keys = [key for key in place.store.list(directory) if key.endswith(".parquet")]
    return {row["doc_id"]: row for row in read(place.store, keys).to_pylist()}


def block_of(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (block,) = (block for block in answer["blocks"] if block["step"] == "filters.block")
    return {stage["stage"]: stage for stage in block["stages"]}


def chosen(place: Place) -> list[str]:
    """Kept, dropped by each rule, and one in German."""
    rules = {(row["stage"], row["rule"]): id for id, row in place.drops.items()}
    kept = next(id for id in place.documents if id not in place.drops)
    german = next(id for id, row in place.documents.items() if row["language"] == "de" and id not in place.drops)
    return [kept, german, *rules.values()]


def test_scores_and_percentiles_are_those_of_a_plain_computation(place: Place) -> None:
    ids = chosen(place)
    assert len(ids) >= 4
    for id in ids:
        for name, stage in block_of(explain(place.store, id)).items():
            rows = stored(place, name)
            for score in stage["scores"]:
                value = rows[id][score["score"]]
                assert score["value"] == value
                all_ = [r[score["score"]] for r in rows.values() if r[score["score"]] is not None]
                if value is None:
                    assert score["percentile"] is None
                    assert score["why"]
                    continue
                wanted = 100 * sum(1.0 if v < value else 0.5 if v == value else 0.0 for v in all_) / len(all_)
                assert score["percentile"] == pytest.approx(wanted)
                assert score["documents"] == len(all_)


def test_verdicts_are_the_ledgers_for_every_document(place: Place) -> None:
    told = {id: explain(place.store, id) for id in chosen(place)}
    for id, answer in told.items():
        row = place.drops.get(id)
        (block,) = (b for b in answer["blocks"] if b["step"] == "filters.block")
        failed = [(s["stage"], rule) for s in block["stages"] for rule in s["rules"] if rule["passed"] is False]
        if row is None:
            assert (block["verdict"], failed) == ("kept", [])
            continue
        assert block["verdict"] == f"dropped by {row['stage']}.{row['rule']}"
        stage, rule = failed[0]
        assert (stage, rule["rule"], rule["score"], rule["threshold"]) == tuple(
            row[k] for k in ("stage", "rule", "score", "threshold")
        )
        assert len(failed) == 1 + len(row["also_failed"])
        assert [b["step"] for b in answer["blocks"]] == ["filters.block"]  # it came no further
    assert {"filters.density", "filters.gopher_quality"} <= {
        place.drops[id]["stage"] for id in told if id in place.drops
    }


def test_contributions_and_the_models_bias_sum_to_the_density(place: Place) -> None:
    bias = load(DensityConfig()).model.bias
    for id in chosen(place):
        stage = block_of(explain(place.store, id))["filters.density"]
        assert stage["model"]["name"] == "density-en"
        density = next(s["value"] for s in stage["scores"] if s["score"] == "density")
        if density is None:
            assert place.documents[id]["language"] == "de"
            assert "reasons" not in stage
            continue
        adds = [reason["adds"] for reason in stage["reasons"]]
        assert bias + sum(adds) == pytest.approx(density, abs=1e-6)
        assert stage["bias"] == pytest.approx(bias, abs=1e-6)
        assert adds == sorted(adds, key=lambda one: -abs(one))
        assert {r["signal"] for r in stage["reasons"]} | set(stage["silent"]) == set(REASONS)


def test_words_say_which_way_a_signal_went() -> None:
    assert list(WORDS) == list(REASONS)
    scores = {**dict.fromkeys(REASONS, 0.0), "story": -0.41, "names": -0.1, "first_person": 0.2, "density": -0.4}
    found = density_reasons(scores | {"length": 0.05})
    assert [(r["signal"], r["words"]) for r in found["reasons"]] == [
        ("story", "words more frequent in stories and talk"),
        ("first_person", "less I, my, we and our"),
        ("names", "fewer names, acronyms and identifiers"),
        ("length", "short; preferred to an equally dense longer text"),
    ]
    assert found["bias"] == pytest.approx(-0.14)
    assert density_reasons(scores | {"length": -0.5})["reasons"][0]["words"].startswith(
        "long; an equally dense shorter"
    )


def test_scores_of_a_version_without_a_reason_are_told_by_the_others() -> None:
    found = density_reasons({**dict.fromkeys(SIGNALS, 0.0), "story": -0.4, "density": -0.3})
    assert [r["signal"] for r in found["reasons"]] == ["story"]
    assert found["bias"] == pytest.approx(0.1)
    assert "length" not in found["silent"]


def test_a_file_has_the_scores_and_the_verdict_of_the_same_text_in_the_build(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    ids = chosen(place)
    rows = [{k: place.documents[id][k] for k in ("text", "language")} | {"id": id} for id in ids]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer = explain_file(str(path), store=place.store)
    assert answer["build"] == place.build
    assert answer["not_applied"] == ["dedup.exact"]
    for id, document in zip(ids, answer["documents"], strict=True):
        built, (block,) = block_of(explain(place.store, id)), document["blocks"]
        for stage in block["stages"]:
            assert stage["scores"] == built[stage["stage"]]["scores"]
            assert stage["rules"] == built[stage["stage"]]["rules"]
        row = place.drops.get(id)
        assert document["verdict"] == (f"fails {row['stage']}.{row['rule']}" if row else "passes every rule")


def test_without_a_build_what_needs_one_is_undecided(place: Place, tmp_path: Path) -> None:
    good = next(id for id, row in place.documents.items() if id not in place.drops and row["language"] == "en")
    path = tmp_path / "text.txt"
    path.write_text(place.documents[good]["text"])
    (document,) = explain_file(str(path), parse_recipe(place.recipe))["documents"]
    assert document["verdict"] == "undecided: a rule cannot say"
    density = document["blocks"][0]["stages"][-1]
    assert density["unjudged"].startswith("keep_top_percent: decided by a share")
    assert [s["percentile"] for s in density["scores"]] == [None] * len(density["scores"])
    (plain,) = explain_file(str(path))["documents"]
    names = [stage["stage"] for stage in plain["blocks"][0]["stages"]]
    assert names[0] == "filters.density"
    assert len(names) == 5
    assert plain["blocks"][0]["stages"][0]["scores"][0]["value"] == density["scores"][0]["value"]


def test_other_settings_than_the_builds_have_no_percentiles(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(next(iter(place.documents.values()))["text"])
    recipe = {**place.recipe, "stages": [{"filters.coherence": {"min_sentences": 3}}, {"filters.gopher_quality": {}}]}
    (document,) = explain_file(str(path), parse_recipe(recipe), place.store)["documents"]
    coherence, gopher = document["blocks"][0]["stages"]
    assert {s["percentile"] for s in coherence["scores"]} == {None}
    assert "with other settings" in coherence["scores"][1]["why"]
    assert all(score["percentile"] is not None for score in gopher["scores"])


def test_errors_name_the_remedy(place: Place, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has read 'nobody'; give a doc_id"):
        explain(place.store, "nobody")
    with pytest.raises(ConfigError, match="2 documents are called 'https://a.example/4'; give one doc_id: .*row-"):
        explain(place.store, "https://a.example/4")
    with pytest.raises(ConfigError, match="no single build 'zz'"):
        explain(place.store, chosen(place)[0], "zz")
    bad = tmp_path / "latin.txt"
    bad.write_bytes(b"caf\xe9")
    with pytest.raises(ConfigError, match="not UTF-8"):
        explain_file(str(bad))
    copy = Store(str(tmp_path / "store"))
    copy.fs.cp(place.store.path(""), copy.path(""), recursive=True)
    dropped = next(id for id, row in place.drops.items() if row["stage"] == "filters.gopher_quality")
    directory = place.block.manifest.facts["scores"]["filters.gopher_quality"]
    for key in [key for key in copy.list(directory) if key.endswith(".parquet")]:
        table = pq.read_table(copy.path(key))
        field = table.schema.field(place.drops[dropped]["rule"][4:])
        passing = pa.array([place.drops[dropped]["threshold"]] * table.num_rows).cast(field.type)
        pq.write_table(table.set_column(table.schema.get_field_index(field.name), field, passing), copy.path(key))
    with pytest.raises(ContractError, match="the stored scores say .* the ledger"):
        explain(copy, dropped)
    copy.remove(f"{directory}/manifest.json")
    with pytest.raises(StoreError, match="filters.gopher_quality: no scores at .*; build the recipe again"):
        explain(copy, dropped)


def test_the_command_reads_well_and_gives_json(place: Place) -> None:
    id = next(id for id, row in place.drops.items() if row["stage"] == "filters.density")
    done = CliRunner().invoke(cli, ["explain", id, "--store", place.store.url, "--json"])
    assert done.exit_code == 0, done.output
    *shown, last = done.stdout.splitlines()
    text, (block,) = "\n".join(shown), json.loads(last)["blocks"]
    assert "filters.block: dropped by filters.density.keep_top_percent" in text
    assert "filters.density, model density-en" in text
    assert "to begin with, then" in text
    reason = block["stages"][-1]["reasons"][0]
    assert f"{reason['signal']} {reason['adds']:+.2f}".replace("-", "\N{MINUS SIGN}") + f": {reason['words']}" in text
    wrong = CliRunner().invoke(cli, ["explain", "nobody"])
    assert wrong.exit_code == 1
    assert "nobody: no such file" in wrong.stderr


def test_a_document_without_density_says_so_once(place: Place) -> None:
    german = chosen(place)[1]
    shown = CliRunner().invoke(cli, ["explain", german, "--store", place.store.url]).stdout
    assert shown.count("no score: its language is not English") == 1
    assert "surprisal" not in shown


@pytest.mark.parametrize(
    ("name", "rows"), [("a.JSONL", 1), ("part.jsonl.001", 1), ("on.archive.md", 0), ("my.jsonld", 0)]
)
def test_a_file_holds_rows_where_its_ending_says_so(tmp_path: Path, name: str, rows: int) -> None:
    path = tmp_path / name
    path.write_text(json.dumps({"id": "one", "text": "Zinc melts at 420 °C."}) + "\n")
    (document,) = explain_file(str(path))["documents"]
    assert document["source_id"] == ("one" if rows else name)
