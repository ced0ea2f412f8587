"""`winnow retune` against rebuilds of real documents in many languages: what it predicts is what a rebuild gives."""

from __future__ import annotations

import io
import json
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
import yaml
import zstandard
from click.testing import CliRunner

from curation_lib.audit.retune import retune
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError, ContractError, StoreError
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store
from tests.runner.corpora import run_steps, simple, simple_inputs, tree

EVERY, ROWS = 20, 150
SETTINGS = {
    "filters.gopher_repetition": {"max_dup_10_gram_frac": 0.3},
    "filters.gopher_quality": {"min_alphabetic_word_ratio": 0.6, "min_stop_words": None},
    "filters.fineweb_quality": {},
}
CHANGES = {
    "filters.gopher_quality.min_words": 120,
    "filters.gopher_quality.min_alphabetic_word_ratio": 0.4,
    "filters.fineweb_quality.min_line_punct_ratio": None,
    "filters.gopher_repetition.max_top_2_gram_frac": 0.1,
}


class Place(NamedTuple):
    recipe: dict[str, Any]
    store: Store
    build: str


def recipe_of(inputs: Path, model: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Two sources, a block of three filters, line edits, and one of the filters again."""
    stages = {name: dict(settings) for name, settings in SETTINGS.items()}
    for key, value in changes.items():
        stage, _, field = key.rpartition(".")
        stages[stage][field] = value
    plain = [{"normalize.plain": {"language_model": model}}]
    sources = {
        name: {"stage": "sources.jsonl", "paths": str(inputs / name), "license": "MIT", "normalize": plain}
        for name in ("english", "multilingual")
    }
    again = {"filters.gopher_quality": {"min_words": 40, "min_stop_words": None}}
    return {
        "corpus": "real",
        "sources": sources,
        "stages": ["dedup.exact", *({name: settings} for name, settings in stages.items()), "filters.c4_lines", again],
        "licenses": {"allow": ["*"], "unknown": True},
        "mixes": {"pretrain": {"default_weight": 1.0}},
    }


@pytest.fixture(scope="module")
def inputs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("retune-inputs")
    for name in ("english", "multilingual"):
        with (data / "text" / f"{name}.jsonl.zst").open("rb") as file:
            reader = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
            lines = list(islice(reader, 0, EVERY * ROWS, EVERY))
        (folder / name).mkdir()
        for number in range(2):
            (folder / name / f"{number}.jsonl").write_text("".join(lines[number::2]))
    return folder


@pytest.fixture(scope="module")
def place(inputs: Path, language_model: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    recipe, store = recipe_of(inputs, language_model, {}), tmp_path_factory.mktemp("retune") / "store"
    return Place(recipe, Store(str(store)), str(run_steps(recipe, store).build_id))


def pairs(changes: dict[str, Any], prefix: str = "filters.block:") -> list[str]:
    return [f"{prefix}{key}={json.dumps(value)}" for key, value in changes.items()]


def manifest_of(store: Store, build: str, step: str) -> Manifest:
    (record,) = [store.read_json(k) for k in store.list("builds") if k.endswith(f"/{build}.json")]
    return complete(store, next(s["directory"] for s in record["steps"] if s["step"] == step))


def rows(store: Store, keys: list[str]) -> list[dict[str, Any]]:
    return [row for key in keys for row in pq.read_table(store.path(key)).to_pylist()]


@pytest.fixture(scope="module")
def rebuilt(inputs: Path, language_model: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Manifest]:
    """The block of the recipe with CHANGES, built afresh in a store of its own."""
    store = tmp_path_factory.mktemp("rebuilt") / "store"
    done = run_steps(recipe_of(inputs, language_model, CHANGES), store)
    return Store(str(store)), manifest_of(Store(str(store)), str(done.build_id), "filters.block")


@pytest.fixture(scope="module")
def answer(place: Place) -> dict[str, Any]:
    return retune(parse_recipe(place.recipe), place.store, pairs(CHANGES), samples=5)


def test_predicted_counts_are_those_of_a_rebuild(
    place: Place, answer: dict[str, Any], rebuilt: tuple[Store, Manifest]
) -> None:
    (step,) = answer["steps"]
    built = manifest_of(place.store, place.build, "filters.block")
    for side, manifest in (("before", built), ("after", rebuilt[1])):
        counts = manifest.counts
        assert step["kept"][side] == counts["kept"], side
        assert {r["rule"]: r["first"][side] for r in step["rules"] if r["rule"] in counts["dropped"]} == counts[
            "dropped"
        ]
    assert step["rows_in"] == built.counts["rows_in"] == rebuilt[1].counts["rows_in"] > 200
    assert step["flipped"]["kept"] > 5 < step["flipped"]["dropped"]
    assert step["kept"]["after"] - step["kept"]["before"] == step["flipped"]["kept"] - step["flipped"]["dropped"]


def test_sources_languages_and_rules_are_those_of_a_rebuild(
    answer: dict[str, Any], rebuilt: tuple[Store, Manifest]
) -> None:
    (step,) = answer["steps"]
    store, manifest = rebuilt
    kept, drops = rows(store, manifest.parts()), rows(store, manifest.files("drops"))
    for name in ("source", "language"):
        counted = Counter(row[name] or "unknown" for row in kept)
        assert {r[name]: r["kept"]["after"] for r in step[f"by_{name}"] if r["kept"]["after"]} == counted
    assert len(step["by_language"]) > 5
    failed: Counter[str] = Counter()
    for row in drops:
        also = [rule if "." in rule else f"{row['stage']}.{rule}" for rule in row["also_failed"]]
        failed.update([f"{row['stage']}.{row['rule']}", *also])
    assert {r["rule"]: r["failed"]["after"] for r in step["rules"] if r["failed"]["after"]} == failed


def test_samples_change_sides_as_the_ledgers_say(
    place: Place, answer: dict[str, Any], rebuilt: tuple[Store, Manifest]
) -> None:
    (step,) = answer["steps"]
    built = manifest_of(place.store, place.build, "filters.block")
    ledgers = [
        {row["doc_id"]: row for row in rows(store, manifest.files("drops"))}
        for store, manifest in ((place.store, built), rebuilt)
    ]
    texts = {
        r["doc_id"]: r["text"] for r in rows(place.store, manifest_of(place.store, place.build, "dedup.exact").parts())
    }
    assert Counter(s["after"] for s in step["samples"]) == {"dropped": 5, "kept": 5}
    for sample in step["samples"]:
        gone = sample["after"] == "dropped"
        row, id = ledgers[gone][sample["doc_id"]], sample["doc_id"]
        assert id not in ledgers[not gone]
        assert (sample["rule"], sample["score"]) == (f"{row['stage']}.{row['rule']}", row["score"])
        assert sample["threshold"]["after" if gone else "before"] == row["threshold"]
        assert (sample["url"], sample["also_failed"]) == (row["url"], row["also_failed"])
        assert texts[id].startswith(sample["excerpt"])
        assert len(sample["excerpt"]) == min(200, len(texts[id]))
    for side, old in (("dropped", ledgers[0]), ("kept", ledgers[1])):  # the smallest ids of all that change
        flipped = sorted(set(ledgers[side == "dropped"]) - set(old))
        assert [s["doc_id"] for s in step["samples"] if s["after"] == side] == flipped[:5]


def test_texts_are_not_read(place: Place, answer: dict[str, Any], tmp_path: Path) -> None:
    """With every text of the block's input overwritten the answer without samples is the same."""
    copy = Store(str(tmp_path / "store"))
    copy.fs.cp(place.store.path(""), copy.path(""), recursive=True)
    for key in manifest_of(copy, place.build, "dedup.exact").parts():
        meta = pq.read_metadata(copy.path(key))
        data = bytearray(Path(copy.path(key)).read_bytes())
        for group in range(meta.num_row_groups):
            column = next(
                c for n in range(meta.num_columns) if (c := meta.row_group(group).column(n)).path_in_schema == "text"
            )
            start = min(filter(None, (column.dictionary_page_offset, column.data_page_offset)))
            data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
        Path(copy.path(key)).write_bytes(data)
        with pytest.raises(OSError, match=r".+"):
            pq.read_table(copy.path(key))
    got = retune(parse_recipe(place.recipe), copy, pairs(CHANGES), samples=0)
    (step,), (wanted,) = got["steps"], answer["steps"]
    assert {**step, "samples": None} == {**wanted, "samples": None}


def test_a_later_block_is_judged_on_what_came_to_it(place: Place, inputs: Path, language_model: str,
                                                    tmp_path: Path) -> None:  # fmt: skip
    key = "filters.gopher_quality:filters.gopher_quality.min_words=200"
    answer = retune(parse_recipe(place.recipe), place.store, [key])
    (step,) = answer["steps"]
    recipe = recipe_of(inputs, language_model, {})
    recipe["stages"][-1]["filters.gopher_quality"]["min_words"] = 200
    done = run_steps(recipe, tmp_path / "store")
    counts = next(s.counts for s in done.steps if s.step == "filters.gopher_quality")
    assert (step["rows_in"], step["kept"]["after"]) == (counts["rows_in"], counts["kept"])
    assert {r["rule"]: r["first"]["after"] for r in step["rules"]} == counts["dropped"]
    assert step["not_predicted"] == ["export.licenses", "mix.pretrain", "shuffle.pretrain", "export.pretrain"]
    assert answer["changes"] == [
        {"step": "filters.gopher_quality", "key": "filters.gopher_quality.min_words", "before": 40, "after": 200}
    ]


@pytest.mark.parametrize(
    ("pair", "named"),
    [
        ("filters.gopher_repetition.max_top_2_gram_fraq=1", "nearest: filters.gopher_repetition.max_top_2_gram_frac"),
        ("filters.block:filters.gopher_quality.stop_words=[a]", "shapes the scores, not the decision"),
        ("filters.fineweb_quality.short_line_length=9", "'short_line_length' shapes the scores.*rebuild"),
        ("filters.c4_lines.min_words_per_line=1", "filters.c4_lines keeps no scores"),
        ("filters.gopher_quality.min_words=9", "2 steps.*filters.block:filters.gopher_quality.min_words"),
        ("filters.length.min_bytes=9", "no filter of the recipe"),
        ("filters.fineweb_quality.min_lines", "STAGE.FIELD=VALUE"),
        ("filters.fineweb_quality.min_lines=many", "filters.fineweb_quality: key 'min_lines'"),
        ("filters.fineweb_quality.max_newline_ratio=.nan", "filters.fineweb_quality: key 'max_newline_ratio'"),
    ],
)
def test_wrong_keys_and_values_say_what_to_write(place: Place, pair: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named) as error:
        retune(parse_recipe(place.recipe), place.store, [pair])
    assert pair.partition("=")[0].rpartition(".")[2] in str(error.value)


def test_the_command_is_readable_and_gives_json(place: Place, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(place.recipe, sort_keys=False))
    sets = [word for pair in pairs(CHANGES) for word in ("--set", pair)]
    done = CliRunner().invoke(cli, ["retune", str(recipe), "--store", place.store.url, *sets, "--json"])
    assert done.exit_code == 0, done.output
    *shown, last = done.stdout.splitlines()
    (step,) = json.loads(last)["steps"]
    text = "\n".join(shown)
    assert "filters.gopher_quality.min_words: 50 -> 120" in text
    assert "filters.fineweb_quality.min_line_punct_ratio (0.12 -> off)" in text
    assert f"{step['flipped']['dropped']} documents go, {step['flipped']['kept']} come back" in text
    assert "Not predicted: what becomes of them in filters.c4_lines, filters.gopher_quality, export.licenses" in text
    assert all(sample["doc_id"] in text for sample in step["samples"])
    assert len(step["samples"]) == 6


@pytest.fixture
def small(tmp_path: Path) -> tuple[dict[str, Any], Store]:
    recipe = simple(simple_inputs(tmp_path / "inputs", files=2))
    run_steps(recipe, tmp_path / "store")
    return recipe, Store(str(tmp_path / "store"))


LONGER = ["filters.length.min_characters=5", "filters.gopher_quality.min_words=2",
          "filters.gopher_quality.min_alphabetic_word_ratio=0.5"]  # fmt: skip
"""What lets the one short document through."""


def test_the_newest_build_that_fits_the_recipe_is_asked(small: tuple[dict[str, Any], Store], tmp_path: Path) -> None:
    recipe, store = small
    first = retune(parse_recipe(recipe), store, LONGER)
    simple_inputs(tmp_path / "inputs", files=3)
    second = run_steps(recipe, store.url).build_id
    assert first["build"] != second
    answer = retune(parse_recipe(recipe), store, LONGER)
    assert (answer["build"], answer["steps"][0]["kept"]) == (second, {"before": 24, "after": 25})
    named = retune(parse_recipe(recipe), store, LONGER, first["build"][:8])
    assert named["steps"][0]["kept"] == {"before": 16, "after": 17}
    other = {**recipe, "stages": ["dedup.url", *recipe["stages"]]}
    with pytest.raises(ConfigError, match=rf"build {second} .* no step dedup.url; build the recipe"):
        retune(parse_recipe(other), store, LONGER)
    with pytest.raises(ConfigError, match="no finished build of 'none'"):
        retune(parse_recipe({**recipe, "corpus": "none"}), store, LONGER)


def test_settings_that_the_recipe_gained_since_count_as_after(small: tuple[dict[str, Any], Store]) -> None:
    recipe, store = small
    edited = {**recipe, "stages": ["dedup.exact", {"filters.length": {"min_characters": 5}}, recipe["stages"][2]]}
    (step,) = retune(parse_recipe(edited), store, LONGER[1:])["steps"]
    thresholds = {r["rule"]: r["threshold"] for r in step["rules"]}
    assert thresholds["filters.length.min_characters"] == {"before": 30, "after": 5}
    assert step["kept"] == {"before": 16, "after": 17}


def test_scores_that_do_not_give_the_builds_own_counts_are_refused(small: tuple[dict[str, Any], Store]) -> None:
    recipe, store = small
    (key,) = (k for k in store.list("scores/filters.length") if k.endswith("part-00000.parquet"))
    table = pq.read_table(store.path(key))
    at = table.schema.get_field_index("characters")
    wrong = table.set_column(at, "characters", [[1] * table.num_rows])
    pq.write_table(wrong, store.path(key))
    with pytest.raises(ContractError, match="do not give the counts"):
        retune(parse_recipe(recipe), store, LONGER)
    pq.write_table(table.slice(1), store.path(key))
    with pytest.raises(ContractError, match="filters.length: stored scores do not align"):
        retune(parse_recipe(recipe), store, LONGER)
    store.remove(f"{key.rpartition('/')[0]}/manifest.json")
    with pytest.raises(StoreError, match="filters.length: no scores"):
        retune(parse_recipe(recipe), store, LONGER)


def test_a_store_on_s3_answers_the_same_and_is_not_written(small: tuple[dict[str, Any], Store], s3: str) -> None:
    recipe, store = small
    remote = Store(f"{s3}/prefix")
    for key in tree(Path(store.url)):
        remote.put(key, store.read(key))
    before = remote.list("")
    assert retune(parse_recipe(recipe), remote, LONGER) == retune(parse_recipe(recipe), store, LONGER)
    assert remote.list("") == before
