"""The files that ship parse, and their places come from the environment."""

from __future__ import annotations

import pytest

from curation_lib.valuation.filter_sweep import load_sweep
from curation_lib.valuation.mixture_search import load_search
from tests.conftest import ROOT


@pytest.mark.parametrize("path", sorted((ROOT / "dags" / "searches").glob("*.yaml")), ids=lambda path: path.name)
def test_searches_parse(path):
    search = load_search(path, {"WINNOW_DEMO_INPUTS": "/inputs"})
    assert search.search == path.stem
    assert all(place.startswith("/inputs/") for source in search.sources.values() for place in source.paths)


@pytest.mark.parametrize("path", sorted((ROOT / "dags" / "sweeps").glob("*.yaml")), ids=lambda path: path.name)
def test_sweeps_parse(path):
    sweep = load_sweep(path, {"WINNOW_DEMO_INPUTS": "/inputs"})
    assert sweep.sweep == path.stem
    assert all(place.startswith("/inputs/") for place in sweep.corpus.paths)
