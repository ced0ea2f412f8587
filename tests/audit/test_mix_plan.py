"""A plan against the build that follows it: the same numbers, to the token, and no work done twice."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from curation_lib.audit.mix_plan import mix_plan
from curation_lib.audit.mix_plan_page import page
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.build import new_session
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.manifest import read_manifest
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from tests.laws.stage_table import QUIZ
from tests.runner.corpora import RAW, rows, run_steps, write_jsonl

OTHER = {
    "pretrain": {"rule": "unimax", "by": "source", "token_budget": 12_000, "max_epochs": 3},
    "midtrain": {
        "weights": [{"source": "wiki", "weight": 1}, {"source": "books", "weight": 9}],
        "anchor": {"source": "wiki", "share": 0.4},
        "token_budget": 4000,
        "max_epochs": 2,
        "benchmarks": [QUIZ],
    },
}


def recipe(folder, **mixes):
    plain = [{"normalize.plain": RAW}]
    sources = {
        name: {"stage": "sources.jsonl", "paths": str(folder / f"{name}.jsonl"), "license": license, "normalize": plain}
        for name, license in (("books", "MIT"), ("wiki", "CC-BY-4.0"))
    }
    return {
        "corpus": "planned",
        "sources": sources,
        "licenses": {"allow": ["MIT", "CC-BY-4.0"]},
        "mixes": mixes or {"pretrain": {"default_weight": 1}},
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A store with a build of forty books and six articles, and the folder of its inputs."""
    folder = tmp_path_factory.mktemp("plan")
    write_jsonl(folder / "books.jsonl", rows(0, 40))
    write_jsonl(folder / "wiki.jsonl", rows(100, 6))
    run_steps(recipe(folder), folder / "store")
    return folder


def planned(folder, written, **options):
    parsed = parse_recipe(written)
    session = new_session(parsed, Store(str(folder / "store")), LocalScheduler(1))
    return mix_plan(parsed, session, **options), session


def test_plan_manifest_and_files_agree_to_the_token(built):
    """Other mixes than the build's are planned, then built: nothing but the documents is left to write."""
    report, session = planned(built, recipe(built, **OTHER))
    assert report["feasible"]
    assert report["notes"] == []
    assert set(session.calls) <= {"key", "partition", "decide"}
    done = run_steps(recipe(built, **OTHER), built / "store")
    store = Store(str(built / "store"))
    for phase in report["phases"]:
        mixed, exported = (
            next(s for s in done.steps if s.step == f"{what}.{phase['phase']}") for what in ("mix", "export")
        )
        assert not {"key", "partition", "decide"} & set(mixed.calls)
        facts = read_manifest(store, mixed.directory).facts["decision"]
        assert {name: phase[name] for name in facts} == facts
        manifest = read_manifest(store, exported.directory)
        tokens, texts = Counter(), Counter()
        for group in manifest.facts["composition"]:
            tokens[group["source"]] += group["tokens"]
        for key in manifest.files("parquet"):
            for row in pq.read_table(store.path(key)).to_pylist():
                texts[row["source"]] += -(-len(row["text"].encode()) // 4)
        assert tokens == texts == Counter({row["source"]: row["tokens"] for row in phase["sources"] if row["tokens"]})
        assert manifest.counts["kept"] == phase["rows"]
        drawn = store.read(f"{exported.directory}/mix.svg").decode()
        assert f"{phase['tokens']:,} tokens of {phase['budget']:,}" in drawn
        assert "(mix.svg)" in store.read(f"{exported.directory}/README.md").decode()


def test_what_binds_and_how_it_reads(built):
    report, _ = planned(built, recipe(built, **OTHER))
    pretrain, midtrain = report["phases"]
    assert pretrain["binds"] == midtrain["binds"] == "budget"
    assert midtrain["shares"] == {"anchor": 0.4}
    wiki = next(row for row in midtrain["sources"] if row["source"] == "wiki")
    assert midtrain["anchor"] == wiki["tokens"] >= 0.4 * midtrain["tokens"]
    assert wiki["licenses"] == {"CC-BY-4.0": wiki["tokens"]}
    repeated = next(row for row in pretrain["sources"] if row["source"] == "wiki")
    assert repeated["full"]
    assert repeated["epochs"] == pytest.approx(3, abs=0.2)
    assert repeated["unique_tokens"] < repeated["effective_tokens"] < repeated["tokens"]


@pytest.mark.parametrize(
    ("changed", "binds", "said"),
    [
        ({"token_budget": 10**6, "anchor": None}, "epoch cap", r"tokens cannot be filled: epoch cap binds"),
        (
            {"token_budget": 9000, "anchor": {"source": "wiki", "share": 0.9}},
            "anchor",
            "tokens cannot be filled: anchor binds",
        ),
        ({"anchor": {"source": "news", "share": 0.1}}, None, "anchor: no natural document with a weight matches it"),
    ],
)
def test_an_infeasible_plan_names_the_constraint_and_the_remedy(built, tmp_path, changed, binds, said):
    """On the command line, too: the whole report, exit status 1."""
    written = recipe(built, midtrain={**OTHER["midtrain"], **changed})
    file = tmp_path / "recipe.yaml"
    file.write_text(json.dumps(written))
    arguments = ["mix", "plan", str(file), "--store", str(built / "store"), "--workers", "1", "--json"]
    found = CliRunner().invoke(cli, [*arguments, "--output", str(tmp_path / "out")])
    assert found.exit_code == 1
    report = json.loads(found.stdout.splitlines()[-1])
    (phase,) = report["phases"]
    assert not report["feasible"]
    assert phase.get("binds") == binds
    assert said in phase["why"]
    assert bool(phase["remedy"]) == (binds is not None)
    assert said in (tmp_path / "out" / "mix_plan.html").read_text()


def test_the_page_needs_no_network_and_shows_every_phase(built):
    report, _ = planned(built, recipe(built, **OTHER))
    text = page(report)
    assert text.count("<svg") == 2
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert "bound by budget" in text
    assert "Shares that were enforced: anchor 40.0 %." in text
    assert page(report) == text


def test_a_recipe_that_would_draw_from_other_documents_is_told(built):
    written = {**recipe(built), "stages": ["dedup.exact"]}
    assert planned(built, written)[0]["notes"] == [
        "the recipe has other stages than the build, whose documents these are"
    ]


def test_unknown_phases_and_stores_without_a_build_are_refused(built, tmp_path):
    with pytest.raises(ConfigError, match="--phase 'posttrain': the recipe's mixes are pretrain"):
        planned(built, recipe(built), phase="posttrain")
    parsed = parse_recipe(recipe(built))
    with pytest.raises(ConfigError, match="holds no finished build of 'planned'"):
        mix_plan(parsed, Session(Store(str(tmp_path)), LocalScheduler(1)))


def test_a_plan_takes_the_weights_that_optimise_wrote(built, tmp_path):
    """What ships is what the mix asks of its sources, as far as they reach."""
    runs = np.random.default_rng(1).dirichlet([4, 4], size=40)
    table = pd.DataFrame(runs, columns=["weight_books", "weight_wiki"]).assign(
        loss=3 * (runs[:, 0] ** 0.5 + 0.5) ** -0.2
    )
    table.to_csv(tmp_path / "runs.csv", index=False)
    arguments = ["mix", "optimise", str(tmp_path / "runs.csv"), "--target", "loss", "--draws", "20"]
    said = CliRunner().invoke(cli, [*arguments, "--output", str(tmp_path / "out"), "--json"])
    best = {row["domain"]: row["optimum"] for row in json.loads(said.output.splitlines()[-1])["domains"]}
    mix = {"weights_file": str(tmp_path / "out" / "weights.yaml"), "token_budget": 2400, "max_epochs": 4}
    phase = planned(built, recipe(built, pretrain=mix))[0]["phases"][0]
    assert phase["feasible"]
    assert {row["source"]: row["share"] for row in phase["sources"]} == pytest.approx(best, abs=0.06)
