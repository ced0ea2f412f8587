"""The best share of a corpus: exact, the same documents for any number of shards, and as `winnow retune` predicts."""

from __future__ import annotations

import io
import json
import shutil
from collections import Counter
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash
import zstandard

from curation_lib.audit.retune import retune
from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.classifier_training import Training, train_from_files
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.lineage import complete
from curation_lib.runner.models import made_model, make_current
from curation_lib.runner.store import Store
from curation_lib.training.recipes import classifier_settings
from tests.runner.corpora import RAW, run_steps, tree, write_jsonl

AS_IS = {**RAW, "clean": False}

ROWS, CHARACTERS = 1200, 1000
NAME = "filters.classifier"


def first_rows(path: Path, rows: int, every: int = 1) -> list[dict[str, Any]]:
    with path.open("rb") as file:
        reader = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        found = [json.loads(line) for line in islice(reader, 0, rows * every, every)]
    return [{**row, "text": row["text"][:CHARACTERS]} for row in found]


@pytest.fixture(scope="module")
def corpus(data: Path) -> list[dict[str, Any]]:
    """Real English documents, their beginnings; a tenth of them stand twice, so that scores tie."""
    rows = first_rows(data / "text" / "english.jsonl.zst", ROWS, every=8)
    made = [{"id": f"d{n}", "text": row["text"]} for n, row in enumerate(rows)]
    return [*made, *({**row, "id": f"twin-{row['id']}"} for row in made[::10])]


@pytest.fixture(scope="module")
def models(data: Path, corpus: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with a model of the reference documents against the blog, and one of a later try."""
    folder = tmp_path_factory.mktemp("models")
    inputs = {}
    for label, name in (("good", "dense_reference.powershell"), ("bad", "polished_blog.18f")):
        rows = first_rows(data / "quality" / f"{name}.jsonl.zst", 300)
        inputs[label] = [str(write_jsonl(folder / f"{label}.jsonl", rows))]
    for seed in (0, 1):
        settings = classifier_settings("dclm_unigrams", {"dim": 8, "epoch": 15, "lr": 0.5, "seed": seed})
        train = partial(train_from_files, Training(inputs, "dense", None, settings), scheduler=LocalScheduler(1))
        made_model(train, "dense", None, str(folder), seed == 0)
    return Store(str(folder))


def written(corpus: list[dict[str, Any]], folder: Path, shards: int) -> Path:
    for n in range(shards):
        write_jsonl(folder / f"{n}.jsonl", corpus[n::shards])
    return folder


def recipe_of(inputs: Path, stages: list[Any]) -> dict[str, Any]:
    source = {
        "stage": "sources.jsonl",
        "paths": str(inputs),
        "license": "MIT",
        "normalize": [{"normalize.plain": AS_IS}],
    }
    return {"corpus": "ranked", "sources": {"books": source}, "stages": stages, "licenses": {"allow": ["MIT"]},
            "mixes": {"pretrain": {"default_weight": 1.0}}}  # fmt: skip


def ranked(models: Store, name: str = NAME, **settings: Any) -> dict[str, Any]:
    return {name: {"model": f"{models.url}/models/dense", **settings}}


def dataset(store: Path, step: Any) -> list[dict[str, Any]]:
    place = Store(str(store))
    return [r for key in complete(place, step.directory).parts() for r in pq.read_table(place.path(key)).to_pylist()]


def ledger(store: Path, step: Any) -> list[dict[str, Any]]:
    place = Store(str(store))
    keys = complete(place, step.directory).files("drops")
    return [row for key in keys for row in pq.read_table(place.path(key)).to_pylist()]


@pytest.fixture(scope="module")
def scored(corpus: list[dict[str, Any]], models: Store) -> dict[str, float]:
    """Scores by a plain loop over fastText's own binding."""
    (path,) = (k for k in models.list("models/dense") if k.startswith(_current(models)) and k.endswith("model.bin"))
    model = fasttext.load_model(models.path(path))
    found = {}
    for row in corpus:
        labels, numbers = model.predict(" ".join(row["text"].strip().splitlines()), k=-1)
        found[row["id"]] = float(min(np.float32(numbers[labels.index("__label__good")]), np.float32(1)))
    return found


def _current(models: Store) -> str:
    return f"models/dense/{models.read_json('models/dense/current.json')['fingerprint']}"


@pytest.mark.parametrize("percent", [10, 33.3])
def test_the_best_tenth_is_a_tenth_and_the_same_for_1_2_and_7_shards(
    percent: float, corpus: list[dict[str, Any]], models: Store, scored: dict[str, float], tmp_path: Path
) -> None:
    kept = []
    for shards in (1, 2, 7):
        inputs = written(corpus, tmp_path / f"in-{shards}", shards)
        recipe = recipe_of(inputs, [ranked(models, keep_top_percent=percent)])
        done = run_steps(recipe, tmp_path / f"store-{shards}", workers=1 + shards // 7, until=NAME)
        kept.append(sorted(row["text"] for row in dataset(tmp_path / f"store-{shards}", done.steps[-1])))
        counts = done.steps[-1].counts
        assert abs(counts["kept"] / len(corpus) - percent / 100) < 0.001
        assert counts["kept"] == -(-len(corpus) * percent // 100)
    assert kept[0] == kept[1] == kept[2]
    worst_first = sorted(scored.values())
    assert Counter(kept[0]) <= Counter(r["text"] for r in corpus if scored[r["id"]] >= worst_first[-len(kept[0])])


def test_the_ledger_says_score_and_quantile_and_ties_go_by_hash(
    corpus: list[dict[str, Any]], models: Store, scored: dict[str, float], tmp_path: Path
) -> None:
    """So many stay that the last one kept is one of two twins."""
    values = sorted(scored.items(), key=lambda item: -item[1])
    place = next(n for n, (_, v) in enumerate(values) if n > 50 and v == values[n + 1][1] and values[n - 1][1] > v)
    percent = round(100 * (place + 0.5) / len(corpus), 4)
    inputs = written(corpus, tmp_path / "in", 2)
    done = run_steps(recipe_of(inputs, [ranked(models, keep_top_percent=percent)]), tmp_path / "s", until=NAME)
    kept = {row["source_id"] for row in dataset(tmp_path / "s", done.steps[-1])}
    dropped = {row["source_id"]: row for row in ledger(tmp_path / "s", done.steps[-1])}
    limit = values[place][1]
    assert len(kept) == place + 1
    (threshold,) = {row["threshold"] for row in dropped.values()}
    assert threshold == limit
    assert {id: row["score"] for id, row in dropped.items()} == pytest.approx({id: scored[id] for id in dropped})
    ids = {id: xxhash.xxh3_128_hexdigest(f"books\0{id}".encode()) for id, v in values if v == limit}
    by_hash = sorted(ids, key=lambda id: xxhash.xxh3_64_intdigest(ids[id].encode(), 0))
    assert [id in kept for id in by_hash] == [True, *[False] * (len(by_hash) - 1)]
    tied = {id for id, row in dropped.items() if row["evidence"]}
    assert tied == set(by_hash[1:]) != set()


def test_a_threshold_and_a_share_stand_side_by_side(
    corpus: list[dict[str, Any]], models: Store, scored: dict[str, float], tmp_path: Path
) -> None:
    inputs = written(corpus, tmp_path / "in", 3)
    stages = [ranked(models, min_score=0.5, keep_top_percent=90)]
    done = run_steps(recipe_of(inputs, stages), tmp_path / "s", until=NAME)
    below = sum(score < 0.5 for score in scored.values())
    counts = done.steps[-1].counts["dropped"]
    assert 50 < below < len(corpus)
    assert counts[f"{NAME}.min_score"] == below
    also = sum("keep_top_percent" in row["also_failed"] for row in ledger(tmp_path / "s", done.steps[-1]))
    assert counts[f"{NAME}.keep_top_percent"] + also == len(corpus) - -(-len(corpus) * 9 // 10)


def test_documents_in_other_languages_have_no_score_and_pass(
    data: Path, corpus: list[dict[str, Any]], models: Store, scored: dict[str, float], tmp_path: Path
) -> None:
    """The share is one of the documents with a score; a threshold that no English document reaches spares the others."""
    foreign = [
        {"id": f"f{n}", "text": row["text"], "language": ("de", None, "pt-BR")[n % 3]}
        for n, row in enumerate(first_rows(data / "text" / "multilingual.jsonl.zst", 60, every=100))
    ]
    native = [{**row, "language": "en-GB" if n % 2 else "en"} for n, row in enumerate(corpus[:90])]
    inputs = written([*native, *foreign], tmp_path / "in", 3)
    stages = [ranked(models, keep_top_percent=40, min_score=0.0001, languages=["en"])]
    done = run_steps(recipe_of(inputs, stages), tmp_path / "s", until=NAME)
    spoken = {row["source_id"]: row["language"] for row in dataset(tmp_path / "s", done.steps[0])}
    kept = {row["source_id"] for row in dataset(tmp_path / "s", done.steps[-1])}
    english = {row["id"] for row in native}
    assert set(spoken.values()) == {"en", "en-GB", "de", None, "pt-BR"}
    assert kept - english == {row["id"] for row in foreign}
    assert len(kept & english) == -(-len(english) * 2 // 5)
    assert all(row["score"] is not None for row in ledger(tmp_path / "s", done.steps[-1]))
    nothing = [ranked(models, keep_top_percent=40, languages=["tlh"])]
    done = run_steps(recipe_of(inputs, nothing), tmp_path / "s", until=NAME)
    assert done.steps[-1].counts["kept"] == len(spoken)


def test_retune_predicts_other_shares_from_stored_scores(
    corpus: list[dict[str, Any]], models: Store, tmp_path: Path
) -> None:
    inputs = written(corpus, tmp_path / "in", 3)
    recipe, other = (recipe_of(inputs, [ranked(models, **s)]) for s in ({"min_score": 0.4}, {"min_score": 0.4, "keep_top_percent": 25}))  # fmt: skip
    run_steps(recipe, tmp_path / "s")
    pair = f"{NAME}.keep_top_percent=25"
    (step,) = retune(parse_recipe(recipe), Store(str(tmp_path / "s")), [pair])["steps"]
    done = run_steps(other, tmp_path / "s", until=NAME)
    counts = done.steps[-1].counts
    assert done.steps[-1].calls == {"keep": 3}  # nothing is measured again
    assert step["kept"]["after"] == counts["kept"] <= -(-len(corpus) // 4)
    assert {rule["rule"]: rule["first"]["after"] for rule in step["rules"]} == counts["dropped"]
    (limit,) = (r["threshold"]["after"] for r in step["rules"] if r["rule"].endswith("percent"))
    assert limit in {row["threshold"] for row in ledger(tmp_path / "s", done.steps[-1])}


def test_a_build_pins_the_version_that_was_current(corpus: list[dict[str, Any]], models: Store, tmp_path: Path) -> None:
    inputs = written(corpus[:60], tmp_path / "in", 1)
    recipe = recipe_of(inputs, [ranked(models, keep_top_percent=50)])
    first = run_steps(recipe, tmp_path / "s", until=NAME).steps[-1]
    then = models.read_json("models/dense/current.json")["fingerprint"]
    manifest = complete(Store(str(tmp_path / "s")), first.directory)
    facts = manifest.facts["models"][NAME]
    assert (facts["name"], facts["kind"], facts["fingerprint"], facts["label"]) == ("dense", "fasttext", then, "good")
    later = next(k.split("/")[2] for k in models.list("models/dense") if k.endswith("manifest.json") and then not in k)
    try:
        make_current(models, "dense", later)
        second = run_steps(recipe, tmp_path / "s", until=NAME).steps[-1]
    finally:
        make_current(models, "dense", then)
    assert second.directory != first.directory
    assert second.calls == {"measure": 1, "keep": 1}
    assert run_steps(recipe, tmp_path / "s", until=NAME).steps[-1].directory == first.directory


def test_a_score_that_is_no_number_stops_the_build(corpus: list[dict[str, Any]], models: Store, tmp_path: Path) -> None:
    """A model whose weights are spoilt."""
    data = bytearray(Path(models.path(f"{_current(models)}/model.bin")).read_bytes())
    data[-8 * 4 * 2 :] = np.full(8 * 2, np.nan, np.float32).tobytes()
    (tmp_path / "spoilt.bin").write_bytes(data)
    inputs = written(corpus[:9], tmp_path / "in", 1)
    stage = {NAME: {"model": str(tmp_path / "spoilt.bin"), "label": "good", "min_score": 0.5}}
    with pytest.raises((ContractError, RuntimeError), match="(?i)nan"):
        run_steps(recipe_of(inputs, [stage]), tmp_path / "s", until=NAME)


def test_a_model_that_is_not_its_manifests_is_refused(
    corpus: list[dict[str, Any]], models: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(models.path(_current(models)), folder)
    data = bytearray((folder / "model.bin").read_bytes())
    data[-1] ^= 1
    (folder / "model.bin").write_bytes(data)
    inputs = written(corpus[:9], tmp_path / "in", 1)
    with pytest.raises(ConfigError, match="m/model.bin is not the file of its manifest.json"):
        run_steps(recipe_of(inputs, [{NAME: {"model": str(folder), "min_score": 0.5}}]), tmp_path / "s", until=NAME)


def test_buckets_are_the_best_rank_of_two_models_and_travel_with_the_documents(
    corpus: list[dict[str, Any]], models: Store, tmp_path: Path
) -> None:
    place = f"{models.url}/models/dense"
    both = [{"name": "dense", "model": place}, {"name": "polished", "model": place, "label": "bad"}]
    name, found = "filters.quality_buckets", []
    for shards in (1, 7):
        stages = [{name: {"models": both, "min_bucket": 12}}]
        done = run_steps(recipe_of(written(corpus, tmp_path / f"in-{shards}", shards), stages), tmp_path / f"s{shards}")
        step = next(s for s in done.steps if s.step == name)
        store = Store(str(tmp_path / f"s{shards}"))
        (scores,) = complete(store, step.directory).facts["scores"].values()
        table = pa.concat_tables([pq.read_table(store.path(k)) for k in store.list(scores) if k.endswith("parquet")])
        best = np.max([_percentiles(table[model].to_numpy()) for model in ("dense", "polished")], axis=0)
        wanted = dict(zip(table["doc_id"].to_pylist(), (best * 20).astype(int).tolist(), strict=True))
        kept = {r["doc_id"]: int(dict(r["metadata"])["quality_bucket"]) for r in dataset(tmp_path / f"s{shards}", step)}
        assert kept == {id: bucket for id, bucket in wanted.items() if bucket >= 12}
        assert {row["score"] for row in ledger(tmp_path / f"s{shards}", step)} <= set(range(12))
        found.append(kept)
        exports = [k for k in store.list("exports") if k.endswith(".parquet")]
        rows = [row for key in exports for row in pq.read_table(store.path(key)).to_pylist()]
        assert {r["doc_id"]: int(json.loads(r["metadata"])["quality_bucket"]) for r in rows} == kept
    assert found[0].values() and sorted(found[0].items()) == sorted(found[1].items())  # noqa: PT018
    assert set(found[0].values()) == set(range(12, 20))


def _percentiles(scores: np.ndarray) -> np.ndarray:
    """The share of all that score less."""
    return np.searchsorted(np.sort(scores), scores, side="left") / len(scores)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"model": "{}/models/none", "min_score": 0.5}, "nothing at .*/models/none"),
        ({"model": "{}/models/dense"}, "give min_score or keep_top_percent"),
        ({"model": "{}/models/dense", "label": "best", "min_score": 0.5}, "no label 'best'; labels are good, bad"),
        ({"model": "{}/{}/model.bin", "min_score": 0.5}, "does not say which label .* good, bad"),
        ({"model": "{}/{}/card.md", "label": "good", "min_score": 0.5}, "no fastText model"),
    ],
)
def test_a_wrong_setting_says_what_to_change(
    settings: dict[str, Any], named: str, models: Store, tmp_path: Path
) -> None:
    model = settings["model"].format(models.url, _current(models))
    inputs = written([{"id": "a", "text": "x"}], tmp_path / "in", 1)
    with pytest.raises(ConfigError, match=named):
        run_steps(recipe_of(inputs, [{NAME: {**settings, "model": model}}]), tmp_path / "s", until=NAME)


def test_rebuilt_in_a_fresh_store_every_byte_is_the_same(
    corpus: list[dict[str, Any]], models: Store, tmp_path: Path
) -> None:
    recipe = recipe_of(written(corpus, tmp_path / "in", 2), [ranked(models, keep_top_percent=10)])
    for n in (1, 2):
        run_steps(recipe, tmp_path / str(n), workers=n, batch_rows=1024 // n)
    assert tree(tmp_path / "1", "run.json") == tree(tmp_path / "2", "run.json")


def test_a_model_on_s3_is_fetched_once_and_its_current_version_counts(
    corpus: list[dict[str, Any]], models: Store, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    remote = Store(f"{s3}/prefix")
    for key in models.list("models"):
        remote.put(key, models.read(key))
    inputs = written(corpus[:80], tmp_path / "in", 2)
    near, far = (
        run_steps(recipe_of(inputs, [ranked(place, keep_top_percent=25)]), tmp_path / name, until=NAME).steps[-1]
        for name, place in (("near", models), ("far", remote))
    )
    assert near.directory == far.directory  # where a model lies shapes nothing
    assert tree(tmp_path / "near", "run.json") == tree(tmp_path / "far", "run.json")
    (copy,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert copy.read_bytes() == models.read(f"{_current(models)}/model.bin")
