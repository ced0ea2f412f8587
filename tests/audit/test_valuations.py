"""A store's valuations: other documents in place of a file's, and the mixture that a verdict makes."""

from __future__ import annotations

import re

import pytest

from curation_lib.audit.valuations import best, varied
from curation_lib.core.errors import ConfigError
from curation_lib.runner.store import Store, canonical_json
from curation_lib.valuation.experiment import Valuation

ASKED = {
    "valuation": "code",
    "base": {"paths": "base"},
    "candidates": {"django": {"paths": "django"}, "lxml": {"paths": "lxml"}},
    "targets": {"code": {"paths": "target"}},
    "trunk_tokens": 4096,
    "anneal_tokens": 4096,
    "optimisation": {"warmup_tokens": 0},
}


@pytest.fixture
def store(tmp_path):
    store = Store(str(tmp_path / "store"))
    store.put("builds/demo/b1.json", canonical_json({"corpus": "demo", "build_id": "b1", "steps": []}))
    store.put("builds/demo/b2.json", canonical_json({"corpus": "demo", "build_id": "b2", "steps": []}))
    for phase in ("posttrain/jsonl", "midtrain/parquet", "midtrain/megatron"):
        store.put(f"exports/demo/b1/{phase}/part-00000", b"")
    store.put("exports/demo/b2/pretrain/megatron/part-00000.bin", b"")
    return store


@pytest.fixture
def asked():
    return Valuation.model_validate(ASKED)


@pytest.mark.parametrize(
    ("candidate", "name"),
    [
        ("s3://bucket/new_code.jsonl.zst", "new-code"),
        ("https://host/a/Web%20Pages/?x=1", "web-pages"),
        ("s3://vendor/django/*.jsonl.zst", "django"),
        ("s3://vendor/django/**/part-*.parquet", "django"),
    ],
)
def test_a_candidate_is_called_by_its_address(asked, store, candidate, name):
    found = varied(asked, store, candidate=candidate)
    assert {n: one.paths for n, one in found.candidates.items()} == {name: [candidate]}
    assert (found.base, found.targets) == (asked.base, asked.targets)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("s3://{}/data.jsonl", "data"),
        ("s3://{}/part-00000-of-00004.parquet", "part-00000-of-00004"),
        ("s3://{}/*.jsonl.zst", "candidate"),
        ("/{}/2024-01/", "2024-01"),
        ("/{}/train/*.parquet", "train"),
        ("s3://{}/Placebo.jsonl", "placebo"),
    ],
)
def test_datasets_whose_names_say_nothing_are_told_apart(asked, store, pattern, name):
    """Their pools would be sources of one name, and their rows one in a leaderboard."""
    found = [next(iter(varied(asked, store, candidate=pattern.format(at)).candidates)) for at in ("a", "b", "a")]
    assert found[0] == found[2] != found[1]
    assert all(re.fullmatch(rf"{name}-[0-9a-f]{{6}}", one) for one in found)


def test_documents_elsewhere_are_read_and_filtered_as_the_file_s(store):
    read = {"source": "sources.jsonl", "settings": {"text_field": "body"}, "stages": ["filters.length"]}
    one = Valuation.model_validate(
        {**ASKED, "base": {"paths": "base", **read}, "candidates": {"django": {"paths": "django", **read}}}
    )
    given = varied(one, store, candidate="s3://b/code.jsonl", base="s3://b/base.jsonl")
    for found, path in ((given.candidates["code"], "s3://b/code.jsonl"), (given.base, "s3://b/base.jsonl")):
        assert found == one.base.model_copy(update={"paths": [path]})
    base = varied(one, store, base="b1").base
    assert (base.source, base.settings, base.stages) == ("sources.parquet", {}, ["filters.length"])


def test_a_candidate_in_place_of_several_is_read_as_these_where_all_are_read_alike(store):
    pools = {"django": {"paths": "django", "stages": ["filters.length"]}, "lxml": {"paths": "lxml"}}
    unlike = Valuation.model_validate({**ASKED, "candidates": pools})
    assert varied(unlike, store, candidate="x/code").candidates["code"].stages == []
    pools["lxml"]["stages"] = pools["django"]["stages"]
    alike = Valuation.model_validate({**ASKED, "candidates": pools})
    assert varied(alike, store, candidate="x/code").candidates["code"].stages == ["filters.length"]


def test_a_base_may_be_a_build_of_the_store(asked, store):
    assert varied(asked, store, base="b1").base.paths == [store.address("exports/demo/b1/midtrain/parquet")]
    assert varied(asked, store, base="s3://bucket/base").base.paths == ["s3://bucket/base"]
    assert varied(asked, store) == asked
    with pytest.raises(ConfigError, match="holds no build 'b3'; builds are b1, b2"):
        varied(asked, store, base="b3")
    with pytest.raises(ConfigError, match=r"exports/demo/b2 holds no documents; export the build as parquet"):
        varied(asked, store, base="b2")


def candidate(name: str, share: float | None, **effects: float):
    doses = [{"share": float(at) / 100, "effect": {"value": value}} for at, value in effects.items()]
    return {"name": name, "share": share, "doses": doses}


def test_the_best_candidate_is_that_with_the_largest_effect_at_its_share():
    few = candidate("few", 0.1, **{"10": 0.2, "30": 0.1})
    most = candidate("most", 0.3, **{"10": 0.1, "30": 0.3})
    none = candidate("none", None, **{"10": 0.9, "30": 0.9})
    assert best({"candidates": [few, most, none]}) == most
    assert best({"candidates": [none]}) is None
