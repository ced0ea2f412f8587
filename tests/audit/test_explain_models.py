"""`winnow explain` of filters that score by models and decide by a share of the corpus or of a language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from curation_lib.audit.builds import Step, find_build
from curation_lib.audit.explain import explain
from curation_lib.audit.explain_file import explain_file
from curation_lib.cli import cli
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.store import Store
from tests.runner.corpora import run_steps

PAIRS = Path(__file__).resolve().parents[1] / "golden" / "density" / "pairs.jsonl"
LANGUAGES = ("en", "en", "de", "fr")


class Place(NamedTuple):
    recipe: dict[str, Any]
    store: Store
    block: Step
    scores: dict[str, dict[str, dict[str, Any]]]
    drops: dict[str, dict[str, Any]]
    kept: dict[str, dict[str, Any]]


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def run(*arguments: str) -> None:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("models")
    pairs = [json.loads(line) for line in PAIRS.read_text().splitlines()]
    plain, padded = (write(folder / f"{m}.jsonl", [{"text": p[m]} for p in pairs[:100]]) for m in ("plain", "padded"))
    small = [f"--set={one}" for one in ("dim=4", "bucket=1000", "epoch=20", "lr=0.5")]
    for name, (good, bad) in {"first": (plain, padded), "second": (padded, plain)}.items():
        run("classifier", "train", "--positive", good, "--negative", bad, "--output", str(folder / name), *small)
    run("perplexity", "train", "--input", plain, "--output", str(folder / "ngrams"), "--order", "2")
    (folder / "in").mkdir()
    rows = [{"id": f"{n}-{m}", "text": p[m], "language": LANGUAGES[n % 4]}
            for n, p in enumerate(pairs[100:]) for m in ("plain", "padded")]  # fmt: skip
    for n in range(2):
        write(folder / "in" / f"{n}.jsonl", rows[n::2])
    models = [{"model": str(folder / name), "name": name} for name in ("first", "second")]
    stages = [
        {"filters.perplexity": {"models": {"en": str(folder / "ngrams"), "de": str(folder / "ngrams")},
                                "max_perplexity_percentile": 90, "without_model": "pass"}},
        {"filters.classifier": {"model": str(folder / "first"), "keep_top_percent": 60}},
        {"filters.quality_buckets": {"models": models, "buckets": 5, "min_bucket": 3}},
    ]  # fmt: skip
    plain_text = [{"normalize.plain": {"identify_language": False, "clean": False}}]
    source = {"stage": "sources.jsonl", "paths": str(folder / "in"), "license": "MIT", "normalize": plain_text}
    recipe = {"corpus": "scored", "sources": {"texts": source}, "stages": stages, "licenses": {"allow": ["MIT"]},
              "mixes": {"pretrain": {"default_weight": 1.0}}}  # fmt: skip
    store = Store(str(folder / "store"))
    steps = find_build(store, str(run_steps(recipe, store.url).build_id)).steps(store)
    block = next(step for step in steps if step.id == "filters.block")
    scores = {
        name: by_id(store, [key for key in store.list(directory) if key.endswith(".parquet")])
        for name, directory in block.manifest.facts["scores"].items()
    }
    drops, kept = by_id(store, block.manifest.files("drops")), by_id(store, block.manifest.parts())
    return Place(recipe, store, block, scores, drops, kept)


def by_id(store: Store, keys: list[str]) -> dict[str, dict[str, Any]]:
    return {row["doc_id"]: row for row in pa.concat_tables([pq.read_table(store.path(k)) for k in keys]).to_pylist()}


def chosen(place: Place) -> list[str]:
    """Dropped by each rule, and kept in each language."""
    rules = {(row["stage"], row["rule"]): id for id, row in place.drops.items()}
    languages = {row["language"]: id for id, row in place.kept.items()}
    assert {stage for stage, _ in rules} == set(place.scores)
    assert set(languages) == set(LANGUAGES)
    return [*rules.values(), *languages.values()]


def block_of(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in answer["blocks"] if one["step"] == "filters.block")
    return found


def test_percentiles_of_perplexity_are_those_within_the_language(place: Place) -> None:
    for id in chosen(place):
        (score, *_), mine = (
            block_of(explain(place.store, id))["stages"][0]["scores"],
            place.scores["filters.perplexity"],
        )
        assert (score["score"], score["value"]) == ("perplexity", mine[id]["perplexity"])
        if mine[id]["language"] == "fr":
            assert (score["percentile"], score["why"]) == (None, "`models` has none for its language")
            continue
        all_ = [row["perplexity"] for row in mine.values() if row["language"] == mine[id]["language"]]
        wanted = 100 * sum(1.0 if v < score["value"] else 0.5 if v == score["value"] else 0.0 for v in all_) / len(all_)
        assert score["percentile"] == pytest.approx(wanted)
        assert (score["documents"], score["among"]) == (len(all_), mine[id]["language"])


def test_verdicts_and_buckets_are_those_of_the_build(place: Place) -> None:
    for id in chosen(place):
        block, drop = block_of(explain(place.store, id)), place.drops.get(id)
        assert block["verdict"] == (f"dropped by {drop['stage']}.{drop['rule']}" if drop else "kept")
        failed = [
            (s["stage"], r["rule"], r["threshold"]) for s in block["stages"] for r in s["rules"] if r["passed"] is False
        ]
        assert failed[:1] == ([(drop["stage"], drop["rule"], drop["threshold"])] if drop else [])
        bucket = block["stages"][2]["notes"]["quality_bucket"]
        if not drop:
            assert str(bucket) == dict(place.kept[id]["metadata"])["quality_bucket"]
        assert [one["rule"] for one in block["stages"][2]["rules"]] == ["min_bucket"]


def test_the_same_texts_from_a_file_have_the_same_answers(place: Place, tmp_path: Path) -> None:
    ids = [id for id in chosen(place) if id in place.kept]
    rows = [{k: place.kept[id][k] for k in ("text", "language")} | {"id": id} for id in ids]
    path = write(tmp_path / "some.jsonl", rows)
    for recipe in (None, parse_recipe(place.recipe)):
        for id, document in zip(ids, explain_file(path, recipe, place.store)["documents"], strict=True):
            built = block_of(explain(place.store, id))
            assert document["verdict"] == "passes every rule"
            assert document["blocks"][0]["stages"] == built["stages"]


def test_without_a_store_a_share_of_the_corpus_decides_nothing(place: Place, tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", [{"text": "Zinc melts at 420 °C.", "language": "en"}])
    (document,) = explain_file(path, parse_recipe(place.recipe))["documents"]
    assert document["verdict"] == "undecided: a rule cannot say"
    unjudged = [stage["unjudged"].partition(":")[0] for stage in document["blocks"][0]["stages"]]
    assert unjudged == ["max_perplexity_percentile", "keep_top_percent", "buckets, min_bucket, quality_bucket"]
