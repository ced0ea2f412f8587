"""Mixtures in a store: published beside each other, one of them current, and read by a recipe."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.mixtures import current_mixture, publish_mixture, use_mixture
from curation_lib.runner.store import Store

WEIGHTS = [{"source": "code", "weight": 0.3}, {"source": "*", "weight": 0.7}]
REPORT = {"experiment": "valuation code", "page": "valuations/code/00/index.html"}


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


def weights_of(store, name="web"):
    mixes = {"pretrain": {"weights_file": store.address(f"mixtures/{name}")}}
    sources = {"code": {"stage": "sources.jsonl", "paths": "x"}}
    found = parse_recipe({"corpus": "c", "sources": sources, "licenses": {"allow": ["MIT"]}, "mixes": mixes})
    return found.mixes["pretrain"]["weights"]


def test_a_recipe_reads_what_is_current(store):
    first = publish_mixture(store, "web", WEIGHTS, REPORT)
    assert current_mixture(store, "web") is None
    use_mixture(store, "web", first)
    assert (current_mixture(store, "web"), weights_of(store)) == (first, WEIGHTS)
    second = publish_mixture(store, "web", WEIGHTS[1:], REPORT)
    assert (second != first, weights_of(store)) == (True, WEIGHTS)
    use_mixture(store, "web", second)
    assert weights_of(store) == WEIGHTS[1:]


def test_the_same_weights_and_report_are_the_same_mixture(store):
    prints = {publish_mixture(store, "web", WEIGHTS, REPORT) for _ in range(2)}
    assert len(prints) == 1
    assert publish_mixture(store, "web", WEIGHTS, {**REPORT, "page": "other"}) not in prints


def test_what_is_not_there_cannot_be_used(store):
    with pytest.raises(ConfigError, match=r"mixtures/web/00: there are no weights; versions of web are none"):
        use_mixture(store, "web", "00")
    with pytest.raises(ConfigError, match="mixture 'a/b'"):
        publish_mixture(store, "a/b", WEIGHTS, REPORT)


def test_the_command_lists_versions_and_goes_back_to_one(store):
    older, newer = (publish_mixture(store, "web", WEIGHTS[n:], REPORT) for n in (0, 1))
    use_mixture(store, "web", newer)

    def listed(*more):
        found = CliRunner().invoke(
            cli, ["mix", "current", "--store", store.url, "--json", *more], env={"COLUMNS": "200"}
        )
        return found, json.loads(found.stdout.splitlines()[-1])

    shown, told = listed()
    assert {one["fingerprint"]: one["current"] for one in told["mixtures"]} == {newer: True, older: False}
    assert ("source code 0.3" in shown.stdout, "valuation code" in shown.stdout) == (True, True)
    _, told = listed("--use", f"web/{older}")
    assert {one["fingerprint"]: one["current"] for one in told["mixtures"]} == {newer: False, older: True}
    assert weights_of(store) == WEIGHTS
    for use, said in ((older, "write NAME/FINGERPRINT"), ("web/00", f"versions of web are .*{older}")):
        refused, told = listed("--use", use)
        assert refused.exit_code == 1
        assert re.search(said, told["error"])
