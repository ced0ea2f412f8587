"""A wrong recipe stops before anything runs, with one line that names the key and the remedy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import load_recipe, parse_recipe, recipe_fingerprint
from curation_lib.runner.plan import plan
from tests.runner.corpora import simple

GOOD = simple(Path("inputs"))
SOURCE = GOOD["sources"]["books"]


def error_of(**changes: Any) -> str:
    """The line that a changed recipe ends with, parsed and planned; a value of None takes the key away."""
    data = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
    with pytest.raises(ConfigError) as error:
        plan(parse_recipe(data, "r.yaml"))
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stagess": []}, ["r.yaml", "'stagess'", "known keys", "stages"]),
        ({"export": {"format": ["parquet"]}}, ["'export.format'"]),
        ({"export": {"formats": ["parque"]}}, ["export.formats", "'parque'", "parquet, jsonl"]),
        ({"export": {"formats": ["licenses"]}}, ["export.formats", "'licenses'"]),
        ({"export": {"formats": ["jsonl", "jsonl"]}}, ["export.formats", "jsonl stands twice"]),
        ({"export": {"formats": []}}, ["'export.formats'"]),
        ({"export": {"formats": ["parquet"], "packing": "best_fit"}}, ["export", "packing has no use with parquet"]),
        ({"export": {"formats": ["megatron"]}}, ["export.megatron", "tokenizer.json", "mixes.pretrain.tokenizer"]),
        ({"export": {"phases": {"pretrain": {"formats": ["mds"], "packing": "concatenate", "sequence_length": 8}}}},
         ["export.phases.pretrain", "needs a tokenizer"]),
        ({"export": {"phases": {"midtrain": {"formats": ["mds"]}}}}, ["export.phases.midtrain", "no mix"]),
        ({"export": {"shuffle": {"part_bytes": 0}}}, ["export.shuffle", "'part_bytes'"]),
        ({"licenses": None}, ["'licenses'"]),
        ({"corpus": "Has Spaces"}, ["'corpus'", "Has Spaces"]),
        ({"sources": {}}, ["'sources'"]),
        ({"sources": {"A B": SOURCE}}, ["A B"]),
        ({"sources": {"books": {"paths": "x"}}}, ["sources.books", "'stage'"]),
        ({"sources": {"books": {**SOURCE, "path": "x"}}}, ["sources.books", "'path'", "paths"]),
        ({"sources": {"books": {**SOURCE, "batch_rows": 0}}}, ["sources.books", "'batch_rows'"]),
        ({"sources": {"books": {**SOURCE, "stage": "dedup.exact"}}}, ["sources.books", "dedup.exact"]),
        ({"sources": {"books": {**SOURCE, "normalize": "filters.length"}}}, ["sources.books", "filters.length is a Filter"]),
        ({"stages": ["dedup.exakt"]}, ["'dedup.exakt'", "dedup.exact", "winnow stages"]),
        ({"stages": ["sources.jsonl"]}, ["sources.jsonl", "'paths'"]),
        ({"stages": [{"filters.length": {"min_character": 3}}]}, ["filters.length", "'min_character'", "min_characters"]),
        ({"stages": [{"filters.length": {"min_characters": "many"}}]}, ["filters.length", "'min_characters'", "'many'"]),
        ({"stages": [{"filters.length": {}, "dedup.exact": {}}]}, ["stages"]),
        ({"mixes": {"training": {}}}, ["'mixes.training"]),
        ({"mixes": {"pretrain": {"token_budget": -1}}}, ["mixes.pretrain", "'token_budget'"]),
        ({"mixes": {"pretrain": {}}}, ["mixes.pretrain", "weight"]),
        ({"gates": {"dedup.exakt": []}}, ["gates", "'dedup.exakt'", "dedup.exact"]),
        ({"gates": {"dedup.exact": [{"frame": "metrics", "type": "ExpectColumnValuesToBeBetween", "column": "rowz", "min_value": 1}]}}, ["gates.dedup.exact", "rowz"]),
        ({"gates": {"dedup.exact": [{"must_fires": ["x"]}]}}, ["gates.dedup.exact"]),
        ({"stages": [{"filters.length": {}}, {"filters.length": {"min_bytes": 9}}]}, ["filters.length", "twice"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(changes: dict[str, Any], words: list[str]) -> None:
    text = error_of(**changes)
    assert [w for w in words if w not in text] == [], text


def write(folder: Path, text: str) -> Path:
    path = folder / "r.yaml"
    path.write_text(text)
    return path


RECIPE = """
corpus: c
sources: {s: {stage: sources.jsonl, paths: "${PLACE:-here}/${NAME}"}}
licenses: {allow: [MIT]}
mixes: {pretrain: {default_weight: 1}}
"""


def test_environment_is_put_in(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, RECIPE), {"NAME": "x.jsonl"})
    assert recipe.sources["s"]["paths"] == "here/x.jsonl"
    assert load_recipe(write(tmp_path, RECIPE), {"NAME": "x", "PLACE": "s3://b"}).sources["s"]["paths"] == "s3://b/x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RECIPE, ["${NAME} is not set", "export NAME="]),
        ("corpus: [", ["is not YAML"]),
        ("- a list", ["a recipe is a mapping"]),
        ("", ["a recipe is a mapping"]),
        ("corpus: a\ncorpus: b\n", ["corpus", "twice"]),
        ("sources:\n  a: {stage: x}\n  a: {stage: y}\n", ["'a'", "twice"]),
    ],
)
def test_files_that_are_no_recipe(tmp_path: Path, text: str, words: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load_recipe(path, {})
    assert [w for w in [str(path), *words] if w not in str(error.value)] == [], str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no-such"):
        load_recipe(tmp_path / "no-such.yaml", {})


def test_the_fingerprint_holds_what_shapes_output() -> None:
    same = recipe_fingerprint(parse_recipe(GOOD))
    moved = {"sources": {"books": {**SOURCE, "paths": "elsewhere"}}}
    for changes in ({"description": "x"}, {"airflow": {"retries": 5}}, moved):
        assert recipe_fingerprint(parse_recipe({**GOOD, **changes})) == same, changes
    relicensed = {"sources": {"books": {**SOURCE, "license": "CC0-1.0"}}}
    gated = {"gates": {"dedup.exact": [{"must_fire": ["dedup.exact.duplicate_id"]}]}}
    for changes in ({"stages": ["dedup.exact"]}, relicensed, gated):
        assert recipe_fingerprint(parse_recipe({**GOOD, **changes})) != same, changes


def test_a_format_is_no_stage() -> None:
    assert "export.formats" in error_of(stages=["dedup.exact", {"export.parquet": {"phase": "pretrain"}}])


@pytest.mark.parametrize(
    "changes",
    [
        {"mixes": {"posttrain": {"phase": "pretrain", "default_weight": 1.0}}},
        {"mixes": {"pretrain": {"default_weight": 1.0}}, "export": {"shuffle": {"phase": "midtrain"}}},
    ],
)
def test_a_phase_is_the_one_that_it_stands_under(changes: dict[str, Any]) -> None:
    """A mix by the rules of another phase would get round what its own refuses."""
    quiz = {"filters.decontaminate": {"benchmarks": [{"name": "q", "paths": "q.jsonl", "fields": ["question"]}]}}
    with pytest.raises(ConfigError, match="key 'phase': the phase is the name below mixes"):
        plan(parse_recipe({**GOOD, "stages": [quiz], **changes}))


def test_the_recipe_in_the_readme_is_one() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    (written,) = re.findall(r"```yaml\n(corpus: .*?)```", readme, re.S)
    steps = plan(parse_recipe(yaml.safe_load(written)))
    assert {"mix.posttrain", "shuffle.pretrain", "export.midtrain", "filters.block"} <= {step.id for step in steps}
