"""What a search for a mixture is told to cost: every scale on its own machine, and what confirms the answer, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation_lib.runner import machines
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.mixture_search import ANSWER, SearchPlan, plan
from curation_lib.runner.run_files import key_of
from curation_lib.runner.search_cost import costs_of, todo_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.valuation.cost import Machine
from curation_lib.valuation.mixture_search import MixtureSearch, load_search
from curation_lib.valuation.runs import Run
from tests.runner.test_mixture_search import written

pytest.importorskip("torch", reason="fingerprints of runs take torch: make setup-train")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Hidden sizes and workers that a machine was measured with. It trains 1 TFLOP/s with a model of 16, and less in
    proportion with larger ones."""
    asked = []

    def calibrated(run: Run, workers: int, sizes: machines.Sizes, session: Session) -> Machine:
        asked.append((run.model.hidden, workers))
        return Machine("this one", 16e9 / run.model.hidden, 1e15, workers)

    monkeypatch.setattr(machines, "calibrate", calibrated)
    return asked


@pytest.fixture
def planned(tmp_path: Path) -> tuple[MixtureSearch, SearchPlan, Session]:
    session = Session(Store(str(tmp_path / "store")), LocalScheduler(1))
    search = load_search(written(tmp_path))
    return search, plan(search, session), session


def training(runs: list[Run], vocabulary: int) -> list[float]:
    return [run.steps * run.optimisation.batch_tokens * run.model.flops_per_token(vocabulary) for run in runs]


def test_each_scale_is_measured_once_and_hours_are_those_of_all_scales(
    planned: tuple[MixtureSearch, SearchPlan, Session], asked: list[tuple[int, int]]
) -> None:
    search, made, session = planned
    told, large = costs_of(search, made, session)
    assert costs_of(search, made, session) == [told, large]
    assert asked == [(16, 1), (24, 1), (32, 1)]
    runs = [*(one.run for one in made.trials), *made.to_confirm]
    assert (told.runs, len(made.to_confirm), large.runs) == (3 * 27 + 9, 9, 27)
    seconds = [flops * run.model.hidden / 16e9 for run, flops in zip(runs, training(runs, 300), strict=True)]
    assert told.hours * 3600 == pytest.approx(sum(seconds), rel=0.001)
    assert told.money == pytest.approx(0.05 * told.hours)
    assert "1T tokens a trunk" in large.assumes


def test_a_price_shapes_no_answer_and_counts_at_once(
    planned: tuple[MixtureSearch, SearchPlan, Session], asked: list[tuple[int, int]]
) -> None:
    search, made, session = planned
    before = todo_of(search, made, session)
    dear = search.model_copy(update={"cost": search.cost.model_copy(update={"cpu_price": 5.0, "currency": "EUR"})})
    assert plan(dear, session).place == made.place
    after = todo_of(dear, made, session)
    assert (after.money, after.currency) == (pytest.approx(100 * before.money), "EUR")
    assert len(asked) == 3


def test_what_is_left_is_the_swarm_and_what_confirms_it_until_there_is_an_answer(
    planned: tuple[MixtureSearch, SearchPlan, Session], asked: list[tuple[int, int]]
) -> None:
    search, made, session = planned
    left = todo_of(search, made, session)
    assert (left.runs, left.tokens) == (90, 90 * 2048)
    session.store.put(f"{made.place}/{ANSWER}", b"{}")
    assert todo_of(search, made, session).runs == 81


def test_what_it_took_counts_confirming_runs_where_they_are_known(
    planned: tuple[MixtureSearch, SearchPlan, Session], asked: list[tuple[int, int]]
) -> None:
    search, made, session = planned
    first, last = made.trials[0].run, made.trials[-1].run
    confirming = [last.model_copy(update={"seed": 10**9 + n}) for n in range(9)]
    for run in (first, *confirming[:2]):
        session.store.put(f"{key_of(run)}/run.json", canonical_json({"finished": 90.0, "seconds": {"training": 36.0}}))
    took = costs_of(search, made, session)[1]
    assert (took.what, took.runs, took.hours) == ("as it went, 1 of 90 runs", 1, pytest.approx(0.01))
    took = costs_of(search, made, session, confirming)[1]
    assert (took.what, took.runs) == ("as it went, 3 of 90 runs", 3)
    assert (took.hours, took.device_hours) == (pytest.approx(0.01), pytest.approx(0.03))
    assert took.flops == pytest.approx(sum(training([first, last, last], 300)), rel=0.5)
