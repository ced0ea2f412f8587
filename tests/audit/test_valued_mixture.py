"""The mixture that a verdict makes, beside the mix of a build that was the base; and what a build makes of it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from curation_lib.audit.mix_plan import mix_plan
from curation_lib.audit.mix_plan_page import page
from curation_lib.audit.valued_mixture import ALL_ELSE, mixture_of
from curation_lib.cli import cli
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.build import new_session
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.mixtures import publish_mixture, use_mixture
from curation_lib.runner.store import Store, canonical_json
from tests.runner.corpora import RAW, rows, run_steps, write_jsonl

CANDIDATE = {"name": "news", "share": 0.2}
SIZES = {"books": 30, "wiki": 20, "ads": 10, "news": 30}


def recipe(folder, mix, *sources):
    return {
        "corpus": "valued",
        "sources": {
            name: {"stage": "sources.jsonl", "paths": str(folder / f"{name}.jsonl"), "normalize": [{"normalize.plain": RAW}]}
            for name in sources
        },
        "licenses": {"allow": ["MIT"], "unknown": True},
        "mixes": {"pretrain": mix},
        "export": {"formats": ["parquet"]},
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valued")
    for n, (name, documents) in enumerate(SIZES.items()):
        write_jsonl(folder / f"{name}.jsonl", rows(1000 * n, documents))
    return folder


def based_on(folder, mix, *sources):
    """The store and what `about.json` says of a valuation on a build with that mix."""
    done = run_steps(recipe(folder, mix, *sources), folder / "store")
    store = Store(str(folder / "store"))
    return store, {"base": [store.address(f"exports/valued/{done.build_id}/pretrain/parquet")]}


LISTED = [
    {"source": "ads", "weight": 0},
    {"source": "gone", "weight": 4},
    {"source": "books", "weight": 3},
    {"weight": 1},
]


def test_the_base_keeps_its_weights_beside_the_candidate(folder):
    store, about = based_on(folder, {"weights": LISTED, "token_budget": 2000}, "books", "wiki", "ads")
    found = mixture_of(store, about, CANDIDATE)
    assert found.weights == [
        {"source": "news", "weight": 0.2},
        {"source": "ads", "weight": 0},
        {"source": "books", "weight": 0.6},  # 3 : 1 of what is left; nothing belonged to `gone`
        {"weight": 0.2},
    ]
    assert found.beside.startswith("the weights of pretrain of build ")
    assert mixture_of(store, about, CANDIDATE, source="fresh-news").weights[0]["source"] == "fresh-news"
    _as_a_build_takes_it(folder, store, found.weights)


def _as_a_build_takes_it(folder, store, weights):
    """What was valued is what is mixed: the share of the candidate, no excluded document, the rest as in the base."""
    told = {"experiment": "valuation news", "sentence": "news is worth it.", "directory": "valuations/news/11"}
    name = publish_mixture(store, "news", weights, told)
    use_mixture(store, "news", name)
    mix = {"weights_file": store.address("mixtures/news"), "token_budget": 12_000, "max_epochs": 9}
    report = plan(folder, store, mix, *SIZES)
    (phase,) = report["phases"]
    shares = {row["source"]: row["share"] for row in phase["sources"]}
    assert shares == pytest.approx({"news": 0.2, "books": 0.6, "wiki": 0.2, "ads": 0}, abs=0.02)
    said = f"mixture news, version {name}, found by valuation news: news is worth it."
    assert phase["weights_from"] == said
    assert f"Weights of {said}." in page({**report, "phases": [phase]})
    _and_says_so(folder, store, recipe(folder, mix, *SIZES), said)
    (without,) = plan(folder, store, mix, "books", "wiki", "ads")["phases"]
    assert not without["feasible"]
    assert (
        f"weights_file: no document matches source news, to which mixture news {name} gives weight 0.2"
        in without["why"]
    )


def _and_says_so(folder, store, written, said):
    """The build's record names mixture and report, its card too; the same weights in the recipe make another build."""
    done = run_steps(written, folder / "store")
    record = store.read_json(f"builds/valued/{done.build_id}.json")
    assert record["recipe"]["mixes"]["pretrain"]["weights_from"]["directory"] == "valuations/news/11"
    card = store.read(f"exports/valued/{done.build_id}/pretrain/README.md").decode()
    assert f"The weights came from {said} (report: `$WINNOW_STORE/valuations/news/11`)." in card
    mix = {**written["mixes"]["pretrain"], "weights": record["recipe"]["mixes"]["pretrain"]["weights"]}
    del mix["weights_file"]
    other = run_steps({**written, "mixes": {"pretrain": mix}}, folder / "store")
    assert other.build_id != done.build_id
    mixed = {build.build_id: build.directories()["mix.pretrain"] for build in (done, other)}
    assert len(set(mixed.values())) == 1, "the documents are the same"
    assert "The weights came from" not in store.read(f"exports/valued/{other.build_id}/pretrain/README.md").decode()


def plan(folder, store, mix, *sources):
    parsed = parse_recipe(recipe(folder, {"default_weight": 1}, *sources))
    session = new_session(parsed, store, LocalScheduler(1))
    run_steps(recipe(folder, {"default_weight": 1}, *sources), folder / "store")
    parsed = parse_recipe(recipe(folder, mix, *sources))
    return mix_plan(parsed, session)


def test_a_mix_by_another_rule_gives_the_shares_that_it_came_to(folder):
    excluded = [{"source": "ads", "weight": 0}]
    mix = {"rule": "unimax", "by": "source", "weights": excluded, "token_budget": 12_000, "max_epochs": 9}
    store, about = based_on(folder, mix, "books", "wiki", "ads")
    found = mixture_of(store, about, CANDIDATE)
    weights = {one["source"]: one["weight"] for one in found.weights}
    assert list(weights) == ["news", "ads", "books", "wiki"]
    assert weights == pytest.approx({"news": 0.2, "ads": 0, "books": 0.4, "wiki": 0.4}, abs=0.03)
    assert found.beside.startswith("the shares of pretrain of build ")


def test_a_candidate_that_the_base_holds_stands_once(folder):
    mix = {"weights": [{"source": "news", "weight": 5}, {"source": "books", "weight": 1}], "default_weight": 3}
    store, about = based_on(folder, mix, *SIZES)
    assert mixture_of(store, about, CANDIDATE).weights == [
        {"source": "news", "weight": 0.2},
        {"source": "books", "weight": 0.2},
        {"source": "*", "weight": 0.6},
    ]


def test_a_report_offers_its_mixture_without_airflow_too(tmp_path):
    store = Store(str(tmp_path / "store"))
    doses = [{"share": 0.2, "effect": {"value": 0.1}}]
    verdict = {"name": "fresh", "sentence": "news is worth it.", "candidates": [{**CANDIDATE, "doses": doses}]}
    store.put("valuations/fresh/11/verdict.json", canonical_json(verdict))
    none = {
        **verdict,
        "sentence": "news is not worth it.",
        "candidates": [{**CANDIDATE, "share": None, "doses": doses}],
    }
    store.put("valuations/fresh/22/verdict.json", canonical_json(none))
    store.put("searches/best/33/mixture.json", canonical_json({"search": "best", "verdict": "Ship it", "ships": True}))
    store.put("searches/best/33/weights.yaml", b"{verdict: Ship it, weights: [{source: web, weight: 1}]}")

    def current(*arguments):
        done = CliRunner().invoke(cli, ["mix", "current", "--store", store.url, "--json", *arguments])
        return json.loads(done.stdout.splitlines()[-1])

    (one,) = current("--of", "valuations/fresh/11", "--source", "press")["mixtures"]
    assert one["weights"] == [{"source": "press", "weight": 0.2}, {"source": "*", "weight": 0.8}]
    assert (one["name"], one["current"], one["report"]["directory"]) == ("fresh", True, "valuations/fresh/11")
    found = current("--of", "searches/best/33/")["mixtures"]
    assert {one["name"]: one["weights"][0]["source"] for one in found} == {"best": "web", "fresh": "press"}
    for arguments, said in (
        (["--of", "valuations/fresh/22"], "no candidate is worth it: news is not worth it."),
        (["--of", "valuations/gone/11"], "valuations/gone/11 holds no report"),
        (["--source", "press"], "--use, or --of"),
    ):
        assert said in current(*arguments)["error"]


@pytest.mark.parametrize("base", [[], ["/data/books"], ["s3://other/exports/valued/0123456789abcdef/pretrain/parquet"]])
def test_a_base_that_is_no_build_of_the_store_is_one_entry(folder, base):
    found = mixture_of(Store(str(folder / "empty")), {"base": base}, CANDIDATE)
    assert found == ([{"source": "news", "weight": 0.2}, {"source": "*", "weight": 0.8}], ALL_ELSE)
