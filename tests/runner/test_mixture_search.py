"""A search for a mixture: what is refused before training, what a known law makes of it, and a swarm that is trained."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.weights_files import with_weights
from curation_lib.mix.search.reading import Layout, read_runs
from curation_lib.runner import machines, mixture_fit, mixture_search
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.mixture_search import plan, table
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.valuation.cost import Machine
from curation_lib.valuation.mixture_search import MixtureSearch, load_search
from curation_lib.valuation.runs import Losses, Run, RunResult

WORDS = {
    "books": "the whale rose from the sea and sank again",
    "code": "def f(x): return x + 1",
    "web": "click here now",
}
MODEL = {"layers": 1, "heads": 2, "sequence_length": 32}
FAST = {"batch_tokens": 128, "warmup_tokens": 500}


def written(folder: Path, documents: int = 60, **changes: Any) -> Path:
    """A search over three sources of a few kilobytes."""
    rng = np.random.default_rng(3)
    for name, words in WORDS.items():
        pieces = words.split()
        rows = [" ".join(rng.choice(pieces, 60)) for _ in range(documents)]
        texts = "\n".join(json.dumps({"id": f"{name}{n}", "text": text}) for n, text in enumerate(rows))
        (folder / f"{name}.jsonl").write_text(texts)
    told = {
        "search": "three",
        "sources": {
            name: {"paths": str(folder / f"{name}.jsonl"), "license": "MIT" if name == "code" else "CC0-1.0"}
            for name in WORDS
        },
        "tokenizer": {"train": 300, "megabytes": 1},
        "held_out": {"share": 0.2, "documents": 12, "max_bytes": 300, "values": {"code": 3}},
        "target_run": {"tokens": 12_000, "max_epochs": 4},
        "swarm": {"mixtures": 24, "strengths": [1, 8]},
        "scales": [
            {"model": {**MODEL, "hidden": hidden}, "optimisation": FAST, "tokens": 2000} for hidden in (16, 24, 32)
        ],
        "confirmation": {"seeds": 3, "draws": 400},
        "draws": 20,
    }
    path = folder / "search.yaml"
    path.write_text(yaml.safe_dump({**told, **changes}))
    return path


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Store(str(tmp_path / "store")), LocalScheduler(1))


def simulated(search: MixtureSearch, session: Session, noise: float = 0.0005) -> Callable[..., list[RunResult]]:
    """carry_out without training: losses by a law in which code is worth most."""
    pools = {source.pool: source.name for source in plan(search, session).sources}
    worth = {"books": 0.3, "code": 2.0, "web": 0.1}
    held = np.full(40, 200)

    def carry_out(runs: Sequence[Run], session: Session, step: str) -> list[RunResult]:
        found = []
        for run in runs:
            rng = np.random.default_rng(run.seed + 7)
            good = sum(worth[pools[part.pool]] * part.share**0.5 for part in run.parts)
            level = (3 * good**-0.1 + 8 / run.model.hidden) * np.exp(noise * rng.standard_normal())
            losses = {name: Losses(level * held * np.linspace(0.9, 1.1, 40), held) for name in run.measures}
            found.append(RunResult(run.print, losses, {}, run.tokens, 1.0, {}))
        return found

    return carry_out


def test_the_optimum_of_a_known_law_ships_and_is_a_weights_file(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = load_search(written(tmp_path, limits={"kl": 0.5}))
    for module in (mixture_search, mixture_fit):
        monkeypatch.setattr(module, "carry_out", simulated(search, session))
    from curation_lib.audit.mixture_page import page, write

    report = mixture_fit.fit(search, plan(search, session), session)
    weights = {row["domain"]: row["optimum"] for row in report["domains"]}
    assert weights["code"] > 0.6
    assert report["ships"]
    assert report["mixture"] == "optimum"
    assert report["confirmation"]["over"]["unimax"]["low"] > 0
    assert report["claim"]["left_out"]["choice"] == "one_mixture"
    assert "Ship the optimum: trained 3 times each" in page(report)
    place = Store(session.store.address(report["place"]))
    write(report, place)
    mixes = with_weights({"pretrain": {"weights_file": place.address("weights.yaml")}})
    assert {one["source"] for one in mixes["pretrain"]["weights"]} == set(WORDS)
    assert json.loads(place.read("mixture.json")) == report


def test_an_optimum_that_gains_nothing_does_not_ship(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = load_search(written(tmp_path))
    for module in (mixture_search, mixture_fit):
        monkeypatch.setattr(module, "carry_out", simulated(search, session, noise=0.2))
    report = mixture_fit.fit(search, plan(search, session), session)
    assert not report["ships"]
    assert report["mixture"] == "unimax"
    assert report["verdict"].startswith("Ship UniMax: trained 3 times each")


def test_the_table_is_one_that_optimise_reads(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"values": {"code": 3, "books": 1}}
    search = load_search(written(tmp_path, held_out={"share": 0.2, "documents": 12, "max_bytes": 300, **values}))
    for module in (mixture_search, mixture_fit):
        monkeypatch.setattr(module, "carry_out", simulated(search, session))
    mixture_fit.fit(search, plan(search, session), session)
    planned = plan(search, session)
    own = table(search, planned, mixture_search.run_swarm(planned, session))
    read = read_runs(
        session.store.address(f"{planned.place}/runs.csv"), Layout(list(search.values()), parameters="parameters")
    )
    for name in ("weights", "losses", "parameters"):
        assert np.array_equal(getattr(own, name), getattr(read, name))
    natural = yaml.safe_load(session.store.read(f"{planned.place}/natural.yaml"))
    assert natural["code"] == {"tokens": planned.sources[1].held, "license": "MIT"}


def test_planned_runs_repeat_as_the_target_run_does(tmp_path: Path, session: Session) -> None:
    search = load_search(written(tmp_path))
    planned = plan(search, session)
    assert len(planned.trials) == 3 * (3 + 24)
    assert planned.flops == pytest.approx(
        sum(t.run.tokens * t.run.model.flops_per_token(planned.vocabulary) for t in planned.trials)
    )
    held = {source.pool: source.held for source in planned.sources}
    for part in (part for trial in planned.trials for part in trial.run.parts):
        assert part.share * 2000 / (part.tokens or 1) == pytest.approx(part.share * 12_000 / held[part.pool], rel=0.01)
    assert plan(search, session).place == planned.place
    other = search.model_copy(update={"target_run": search.target_run.model_copy(update={"max_epochs": 3.0})})
    assert plan(other, session).place != planned.place


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"held_out": {"share": 0.1}}, "nothing is to become better"),
        ({"held_out": {"values": {"coed": 1}}}, "coed is no source"),
        ({"limits": {"kl": 1, "kl_penalty": 0.1}}, "give one of them"),
        ({"limits": {"license_caps": {"GPL*": 0.1}}}, r"no source has a license like GPL\*"),
        ({"swarms": {}}, "unknown key 'swarms'"),
        ({"scales": []}, "key 'scales'"),
        ({"tokenizer": "nowhere.json"}, r"key 'tokenizer\.named': .* there is no file nowhere\.json"),
        ({"targets": {"x": {"paths": "x", "stages": ["filters.lenght"]}}}, r"targets\.x\.stages.*no stage 'filters\.l"),
        ({"targets": {"x": {"paths": "x", "stages": [{"filters.length": {"min": 1}}]}}}, r"stages.*unknown key 'min'"),
        ({"targets": {"x": {"paths": "x", "source": "sources.pdf2"}}}, r"targets\.x.*no stage 'sources\.pdf2'"),
        (
            {"targets": {"x": {"paths": "x", "source": "filters.density"}}},
            r"targets\.x.*filters\.density reads no files",
        ),
        (
            {"targets": {"x": {"paths": "x", "settings": {"text_field": "t"}}}},
            r"targets\.x.*text_field: of which stage",
        ),
        (
            {"targets": {"x": {"paths": "x", "source": "sources.jsonl", "settings": {"txt": "t"}}}},
            r"targets\.x.*unknown key 'txt'",
        ),
        (
            {"targets": {"x": {"paths": "x", "source": "sources.jsonl", "settings": {"paths": "y"}}}},
            r"targets\.x.*paths: it stands beside settings",
        ),
        ({"tokenizer": "bytes4"}, r"tokenizer.*bytes4 only counts; name one with ids"),
        (
            {"scales": [{"model": MODEL, "optimisation": FAST, "tokens": 500}]},
            "warmup_tokens 500 are all of tokens 500",
        ),
        (
            {"scales": [{"model": MODEL, "optimisation": {"batch_tokens": 100}, "tokens": 2000}]},
            "100 is no multiple of",
        ),
    ],
)
def test_a_search_that_cannot_be_is_refused_when_it_is_read(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as failed:
        load_search(written(tmp_path, **changes))
    assert "search.yaml" in str(failed.value)


def test_scales_stand_in_order(tmp_path: Path) -> None:
    model = {"model": {**MODEL, "hidden": 32}, "optimisation": FAST, "tokens": 2000}
    with pytest.raises(ConfigError, match="the smaller model first"):
        load_search(written(tmp_path, scales=[model, model]))


def test_scales_stand_in_order_with_embeddings_too(tmp_path: Path, session: Session) -> None:
    """A narrow model of many layers is larger than a wide one until each token has a row of its width."""
    wide, deep = {**MODEL, "hidden": 32}, {**MODEL, "hidden": 16, "layers": 4}
    scales = [{"model": one, "optimisation": FAST, "tokens": 2000} for one in (wide, deep)]
    with pytest.raises(ConfigError, match=r"scales: with embeddings of .* tokens model 1 of hidden 32 has"):
        plan(load_search(written(tmp_path, scales=scales)), session)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"targets": {"x": {"paths": "/nowhere/x.jsonl"}}}, r"target/x: paths: there is nothing at /nowhere/x\.jsonl"),
        ({"target_run": {"tokens": 10**9}}, r"target_run\.tokens 1,000,000,000: all sources hold"),
        ({"swarm": {"mixtures": 2, "strengths": [1, 8]}}, r"swarm\.mixtures: scale of .* 5 runs do not determine"),
        (
            {"limits": {"license_caps": {"MIT": 0, "CC0*": 0.1}}},
            r"limits, .*: no mixture was found within .*licen[sc]e",
        ),
    ],
)
def test_a_search_that_would_say_nothing_is_refused_before_it_trains(
    tmp_path: Path, session: Session, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        plan(load_search(written(tmp_path, **changes)), session)


def test_a_sample_too_small_for_the_optimum_is_refused_before_the_swarm_trains(
    tmp_path: Path, session: Session
) -> None:
    """The mixtures of the swarm have little of it; the one that is found and trained last might have much."""
    search = load_search(written(tmp_path, swarm={"mixtures": 24, "strengths": [500, 500], "temperature": 1}))
    code = search.sources["code"].model_copy(update={"tokens": 3_000_000, "paths": [str(tmp_path / "few.jsonl")]})
    web = search.sources["web"].model_copy(update={"tokens": 40_000_000})
    (tmp_path / "few.jsonl").write_text("\n".join((tmp_path / "code.jsonl").read_text().splitlines()[:12]))
    target = search.target_run.model_copy(update={"tokens": 1_000_000})
    asked = search.model_copy(update={"sources": {**search.sources, "code": code, "web": web}, "target_run": target})
    with pytest.raises(ConfigError, match=r"sources\.code: [\d,]+ tokens, where a proxy run of 2,000 reads"):
        plan(asked, session)


def test_a_source_that_holds_what_it_is_measured_with_is_refused(tmp_path: Path, session: Session) -> None:
    targets = {"manuals": {"paths": str(tmp_path / "code.jsonl"), "documents": 9}}
    with pytest.raises(ConfigError, match=r"target/manuals: \d of its 9 documents are in sources\.code, too"):
        plan(load_search(written(tmp_path, targets=targets)), session)


def test_a_trained_swarm_gives_an_answer_and_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="make setup-train")
    monkeypatch.setattr(machines, "calibrate", lambda *_: Machine("this one", 1e9, 1e9))
    scale = {"model": {**MODEL, "hidden": 16}, "optimisation": FAST, "tokens": 1500}
    changes = {"swarm": {"mixtures": 6, "strengths": [1, 8]}, "confirmation": {"seeds": 2}, "scales": [scale]}
    store = tmp_path / "store"
    asked = ["mix", "search", str(written(tmp_path, **changes)), "--store", str(store), "--workers", "1", "--json"]
    planned = _answer([*asked, "--plan"])
    assert {**planned["left"], "flops": 0, "hours": 0, "money": 0} == {
        "runs": 9 + 3 * 2, "tokens": 15 * 1536, "flops": 0, "hours": 0, "money": 0, "currency": "USD"
    }  # fmt: skip
    above = CliRunner().invoke(cli, [*asked, "--budget-tokens", "20000"])
    assert above.exit_code == 1
    assert "budget_tokens is 20,000, what is left to train takes 23,040; nothing was trained" in above.output
    assert planned["scales"] == [
        {"parameters": planned["scales"][0]["parameters"], "runs": 9, "tokens": 1500, "flops": planned["flops"]}
    ]
    assert not (store / "training").exists()
    report = _answer(asked)
    assert report["runs"] == 9
    assert report["place"] == planned["place"]
    assert len(report["confirmation"]["losses"]["optimum"]) == 2
    trained = sorted((store / "training").iterdir())
    assert len(trained) == 9 + 3 * 2
    files = {
        name: (store / report["place"] / name).read_bytes() for name in ("mixture.json", "weights.yaml", "runs.csv")
    }
    assert _answer([*asked, "--output", str(tmp_path / "out")]) == {
        **report,
        "written": [*report["written"], *_beside(tmp_path)],
    }
    took = json.loads((store / report["place"] / "cost.json").read_text())[1]
    assert (took["what"], took["runs"]) == ("as it went, by the clock", 15)
    assert "as it went, by the clock" in (store / report["place"] / "mixture.html").read_text()
    assert _answer([*asked, "--plan"])["left"]["runs"] == 0
    assert sorted((store / "training").iterdir()) == trained
    assert files == {name: (store / report["place"] / name).read_bytes() for name in files}


def _answer(command: list[str]) -> dict[str, Any]:
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.output.splitlines()[-1])
    return told


def _beside(folder: Path) -> list[str]:
    return [str(folder / "out" / name) for name in ("mixture.json", "mixture.html", "weights.yaml", "cost.json")]
