"""Model recipes: what they say, what is refused and how, and what `winnow models train` makes of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.model_recipes import ModelRecipe, load_model_recipe
from curation_lib.runner.model_review import review
from curation_lib.runner.model_training import train_recipe
from curation_lib.runner.models import current, make_current, versions
from curation_lib.runner.store import Store
from curation_lib.training.density import DensityTraining
from tests.plugins.models import write_documents, write_model_recipe

CLASSIFIER = {"name": "quality", "trains": "classifier", "inputs": {"good": "a/*.jsonl", "bad": ["b.jsonl", "c.jsonl"]}}
DENSITY = {"name": "facts", "trains": "density", "inputs": {"dense": "a.jsonl", "polished": "b.jsonl"}}
PERPLEXITY = {"name": "en", "trains": "perplexity", "inputs": {"documents": "https://example.org/wiki.jsonl.zst"}}


def written(path: Path, data: object) -> Path:
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


def test_inputs_may_be_one_place_or_several_and_come_from_the_environment(tmp_path: Path) -> None:
    inputs = {"good": "${LABELS:-labels}/good.jsonl", "bad": ["${LABELS:-labels}/bad.jsonl"]}
    path = written(tmp_path / "r.yaml", CLASSIFIER | {"inputs": inputs})
    assert load_model_recipe(path, {}).inputs == {"good": ["labels/good.jsonl"], "bad": ["labels/bad.jsonl"]}
    assert load_model_recipe(path, {"LABELS": "s3://b"}).inputs["bad"] == ["s3://b/bad.jsonl"]


def test_settings_are_the_preset_s_with_the_recipe_s_own(tmp_path: Path) -> None:
    given = CLASSIFIER | {"preset": "folded", "settings": {"epoch": 7}}
    settled = load_model_recipe(written(tmp_path / "r.yaml", given)).settled()
    assert (settled.text, settled.word_ngrams, settled.epoch) == ("words", 2, 7)
    assert load_model_recipe(written(tmp_path / "r.yaml", CLASSIFIER)).settled().text == "lines"
    told = load_model_recipe(written(tmp_path / "r.yaml", PERPLEXITY | {"settings": {"order": 3}})).settled()
    assert told.order == 3
    assert load_model_recipe(written(tmp_path / "r.yaml", DENSITY)).settled() == DensityTraining()
    given = DENSITY | {"settings": {"length_correlation": -0.2}}
    assert load_model_recipe(written(tmp_path / "r.yaml", given)).settled().length_correlation == -0.2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([1], "a model's recipe is a mapping with the keys name, description, trains, inputs"),
        (CLASSIFIER | {"name": "a/b"}, "key 'name'"),
        (CLASSIFIER | {"trains": "topics"}, "key 'trains': Input should be 'classifier', 'density' or 'perplexity'"),
        (CLASSIFIER | {"output": "x"}, "unknown key 'output'; known keys: name, description, trains"),
        (CLASSIFIER | {"inputs": {"good": []}}, "key 'inputs.good': Value should have at least 1 item"),
        (CLASSIFIER | {"inputs": {"good": "a", "bad": ""}}, "key 'inputs.bad.0'"),
        (CLASSIFIER | {"inputs": {"good": "a"}}, "key 'inputs': a classifier takes two labels or more"),
        (CLASSIFIER | {"inputs": {"good": "a", "very bad": "b"}}, "key 'inputs': label 'very bad': letters, digits"),
        (CLASSIFIER | {"preset": "dclm2"}, "key 'preset': 'dclm2' is none; presets are dclm, dclm_unigrams, folded"),
        (CLASSIFIER | {"settings": {"epoch": 0}}, "settings: key 'epoch': Input should be greater than or equal to 1"),
        (CLASSIFIER | {"airflow": {"when": "@weekly"}}, "unknown key 'airflow.when'"),
        (
            DENSITY | {"inputs": {"dense": "a"}},
            "key 'inputs': density takes the labels dense and polished; found dense",
        ),
        (DENSITY | {"settings": {"epoch": 3}}, "settings: unknown key 'epoch'; known keys: length_correlation"),
        (
            DENSITY | {"settings": {"length_correlation": 0.1}},
            "settings: key 'length_correlation': Input should be less",
        ),
        (DENSITY | {"preset": "dclm"}, "key 'preset': only a classifier has presets"),
        (PERPLEXITY | {"inputs": {"text": "a"}}, "key 'inputs': perplexity takes the labels documents; found text"),
        (PERPLEXITY | {"settings": {"orders": 3}}, "settings: unknown key 'orders'; known keys: order"),
        (PERPLEXITY | {"inputs": {"documents": "${NOWHERE}/x"}}, "${NOWHERE} is not set; export NOWHERE="),
    ],
)
def test_what_is_wrong_is_one_line_with_file_key_and_remedy(tmp_path: Path, data: object, said: str) -> None:
    path = written(tmp_path / "r.yaml", data)
    with pytest.raises(ConfigError) as refused:
        load_model_recipe(path, {})
    assert str(refused.value).startswith(f"{path}: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def recipe_over(folder: Path, shift: int) -> ModelRecipe:
    write_documents(folder / "labels", rows=20 + shift, shift=shift)
    return load_model_recipe(write_model_recipe(folder, folder / "labels"))


def test_a_version_never_becomes_current_by_training(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    first = train_recipe(recipe_over(tmp_path, 0), store, LocalScheduler(1))
    assert (first.current, current(store, "manuals")) == (False, None)
    alone = review(store, "manuals", first.manifest.fingerprint)
    assert (alone.current, alone.in_use, alone.changes()) == (None, False, [])
    make_current(store, "manuals", first.manifest.fingerprint)
    again = train_recipe(recipe_over(tmp_path, 0), store, LocalScheduler(1))
    assert (again.manifest, again.current) == (first.manifest, True)
    assert review(store, "manuals", first.manifest.fingerprint).in_use
    second = train_recipe(recipe_over(tmp_path, 5), store, LocalScheduler(1))
    assert (second.current, current(store, "manuals")) == (False, first.manifest.fingerprint)
    beside = review(store, "manuals", second.manifest.fingerprint)
    assert ("documents trained on", 40, 32) in beside.numbers()
    assert beside.changes() == [
        "data: negative negative.jsonl holds other documents",
        "data: positive positive.jsonl holds other documents",
    ]
    with pytest.raises(ConfigError, match="there is no such version; `winnow models` lists them"):
        review(store, "manuals", "0" * 32)


def test_the_command_line_trains_as_airflow_does(tmp_path: Path) -> None:
    write_documents(tmp_path / "labels")
    path, store = write_model_recipe(tmp_path, tmp_path / "labels"), Store(str(tmp_path / "store"))
    done = CliRunner().invoke(
        cli, ["models", "train", str(path), "--store", store.url, "--workers", "1", "--json"], catch_exceptions=False
    )
    told = json.loads(done.stdout.splitlines()[-1])
    (held,) = versions(store)
    assert (told["fingerprint"], told["current"], held["current"]) == (held["fingerprint"], False, False)
    assert told["metrics"]["held out accuracy"] == 1.0
    chosen = CliRunner().invoke(cli, ["models", "--store", store.url, "--use", f"manuals/{held['fingerprint']}"])
    assert chosen.exit_code == 0
    assert current(store, "manuals") == held["fingerprint"]
    nowhere = CliRunner().invoke(cli, ["models"], env={"WINNOW_STORE": ""})
    assert nowhere.exit_code == 1
    assert "--store: say which store, or set WINNOW_STORE" in nowhere.output
