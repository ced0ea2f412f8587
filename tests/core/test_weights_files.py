from __future__ import annotations

import json

import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import parse_recipe, recipe_fingerprint
from curation_lib.core.recipe_stages import mixes_of

LISTED = [{"source": "docs", "weight": 0.25}, {"source": "*", "weight": 0.75}]


def recipe(**mix):
    return {
        "corpus": "c",
        "sources": {"docs": {"stage": "sources.jsonl", "paths": "x"}},
        "licenses": {"allow": ["MIT"]},
        "mixes": {"pretrain": mix},
    }


@pytest.mark.parametrize("content", [LISTED, {"weights": LISTED, "loss": 2.1}])
def test_a_recipe_is_what_its_weights_file_says(tmp_path, content):
    """The same mix, by its settings, as with the weights written in it; the recipe says besides where they came from."""
    file = tmp_path / "optimised.json"
    file.write_text(json.dumps(content))
    found = parse_recipe(recipe(weights_file=str(file), token_budget=100))
    written = parse_recipe(recipe(weights=LISTED, token_budget=100))
    (_, of_file), (_, of_recipe) = (mixes_of(one)["pretrain"] for one in (found, written))
    shapes = ("output", "measure", "keep")
    assert of_file.only(*shapes) == of_recipe.only(*shapes)
    assert of_file.weights_from.file == "optimised.json"
    assert recipe_fingerprint(found) != recipe_fingerprint(written), "its card says another thing"
    file.write_text("- {source: docs, weight: 1}\n")
    assert parse_recipe(recipe(weights_file=str(file))).mixes["pretrain"]["weights"] == [
        {"source": "docs", "weight": 1}
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [("[]", "holds no list of weights; write"), ("weights: 3", "holds no list of weights"), ("- [", "is not YAML")],
)
def test_a_file_without_weights_is_refused(tmp_path, content, said):
    (tmp_path / "w.yaml").write_text(content)
    with pytest.raises(ConfigError, match=said):
        parse_recipe(recipe(weights_file=str(tmp_path / "w.yaml")))


def test_weights_stand_in_one_place_and_the_file_has_to_be_there(tmp_path):
    with pytest.raises(
        ConfigError, match=r"mixes\.pretrain: weights stand in the recipe and in weights_file: leave one"
    ):
        parse_recipe(recipe(weights_file="w.yaml", weights=LISTED))
    with pytest.raises(ConfigError, match=r"cannot read mixes\.pretrain: weights_file .*none\.yaml"):
        parse_recipe(recipe(weights_file=str(tmp_path / "none.yaml")))


def test_a_mixture_in_a_store_means_the_current_one(tmp_path):
    folder = tmp_path / "store" / "mixtures" / "web"
    for print_, weight in (("aa", 2), ("bb", 3)):
        (folder / print_).mkdir(parents=True)
        (folder / print_ / "weights.yaml").write_text(f"- {{source: docs, weight: {weight}}}\n")
    for print_, weight in (("aa", 2), ("bb", 3)):
        (folder / "current.json").write_text(json.dumps({"fingerprint": print_}))
        for path in (str(folder), f"file://{folder}/"):
            found = parse_recipe(recipe(weights_file=path)).mixes["pretrain"]["weights"]
            assert found == [{"source": "docs", "weight": weight}]
    (folder / "current.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"current\.json names no fingerprint; choose a mixture again"):
        parse_recipe(recipe(weights_file=str(folder)))


def test_a_mixture_of_which_none_is_current_is_refused(tmp_path):
    (tmp_path / "mixtures" / "web").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"weights_file"):
        parse_recipe(recipe(weights_file=str(tmp_path / "mixtures" / "web")))


def test_where_weights_came_from_is_kept(tmp_path):
    folder = tmp_path / "store" / "mixtures" / "web"
    (folder / "aa").mkdir(parents=True)
    (folder / "aa" / "weights.yaml").write_text("- {source: docs, weight: 1}\n")
    told = {"experiment": "search web", "sentence": "Ship the optimum", "directory": "searches/web/11"}
    (folder / "aa" / "report.json").write_text(json.dumps({**told, "more": 1}))
    (folder / "current.json").write_text('{"fingerprint": "aa"}')
    expected = {"file": "weights.yaml", "mixture": "web", "fingerprint": "aa", **told}
    for path in (folder, folder / "aa" / "weights.yaml"):
        assert parse_recipe(recipe(weights_file=str(path))).mixes["pretrain"]["weights_from"] == expected
    (tmp_path / "w.yaml").write_text("{verdict: Ship UniMax, weights: [{source: docs, weight: 1}]}")
    found = parse_recipe(recipe(weights_file=str(tmp_path / "w.yaml"))).mixes["pretrain"]["weights_from"]
    assert found == {"file": "w.yaml", "sentence": "Ship UniMax"}
    with pytest.raises(ConfigError, match=r"mixes\.pretrain: weights_from is not for recipes"):
        parse_recipe(recipe(weights=LISTED, weights_from={"file": "w.yaml"}))
