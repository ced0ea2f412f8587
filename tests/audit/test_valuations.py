"""A store's valuations: other documents in place of a file's, and the mixture that a verdict makes."""

from __future__ import annotations

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
        ("https://host/a/Web%20Pages/?x=1", "web-20pages"),
        ("/data/../..", "candidate"),
        ("s3://bucket/Placebo.jsonl", "placebo-documents"),
    ],
)
def test_a_candidate_is_called_by_its_address(asked, store, candidate, name):
    found = varied(asked, store, candidate=candidate)
    assert {n: one.paths for n, one in found.candidates.items()} == {name: [candidate]}
    assert (found.base, found.targets) == (asked.base, asked.targets)


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
