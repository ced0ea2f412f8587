"""What a valuation is told to cost: the workers' machine is asked once, the clock is set beside it."""

from __future__ import annotations

import json

import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import validated
from curation_lib.core.stage import unheard
from curation_lib.runner import machines
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.run_clocks import went
from curation_lib.runner.run_files import key_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.valuation import place_of, plan
from curation_lib.runner.valuation_cost import costs_of, todo_of
from curation_lib.valuation.calibrate import Reached
from curation_lib.valuation.cost import Cost, Machine, work_of
from curation_lib.valuation.experiment import Valuation
from tests.valuation.runs import TINY

pytest.importorskip("torch")

SETTINGS = {**TINY, "anneal_tokens": 128, "shares": [0.3], "negative": False}


@pytest.fixture
def tiny(tmp_path):
    for name in ("base", "extra", "aim"):
        rows = [{"id": str(n), "text": f"The {name} has {n} words, and {n * n} more after that."} for n in range(60)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    paths = {name: {"paths": str(tmp_path / f"{name}.jsonl")} for name in ("base", "extra", "aim")}
    given = {
        **SETTINGS,
        "base": paths["base"],
        "candidates": {"extra": paths["extra"]},
        "targets": {"aim": paths["aim"]},
    }
    session = Session(Store(str(tmp_path / "store")), LocalScheduler(1))
    return validated(Valuation, given, "tiny"), session


@pytest.fixture
def asked(monkeypatch):
    """What a machine was asked to measure, which is made up."""
    asked = []

    def calibrated(run, workers, sizes, session):
        asked.append((run, sizes.vocabulary, workers))
        assert 5 < sizes.document_tokens < 60
        return Machine("this one", 1e9, 1e9, workers)

    monkeypatch.setattr(machines, "calibrate", calibrated)
    return asked


def test_the_machine_is_measured_once_and_told_beside_a_full_ablation_and_a_large_model(tiny, asked):
    valuation, session = tiny
    planned = plan(valuation, session)
    first = costs_of(valuation, planned, session)
    assert costs_of(valuation, planned, session) == first
    assert asked == [(planned.trunk, 300, 1)]
    assert [one.runs for one in first] == [1 + 3 * 2 + 2, 2 * 2, 3 * 2 + 2, 2 * 2]
    assert [one.machine for one in first] == ["this one", "this one", "64 H100", "64 H100"]
    assert session.store.exists(f"{place_of(valuation, planned)}/machine.json")


def test_another_price_counts_without_another_measurement(tiny, asked):
    valuation, session = tiny
    planned = plan(valuation, session)
    before = costs_of(valuation, planned, session)[0]
    dearer = valuation.model_copy(update={"cost": valuation.cost.model_copy(update={"cpu_price": 5.0})})
    after = costs_of(dearer, planned, session)[0]
    assert after.money == pytest.approx(100 * before.money)
    assert (before.assumes, after.assumes) == (
        ("0.05 USD an hour for each process",),
        ("5 USD an hour for each process",),
    )
    assert len(asked) == 1


def test_what_some_runs_took_is_told_of_these_alone(tiny, asked):
    valuation, session = tiny
    planned = plan(valuation, session)
    told = costs_of(valuation, planned, session)[0]
    assert todo_of(valuation, planned, session)[:3] == (9, 640 + 6 * 128, pytest.approx(told.flops))
    for run in (planned.trunk, planned.anneals[3]):
        clock = {"finished": 100.0, "seconds": {"training": 36.0}}
        session.store.put(f"{key_of(run)}/run.json", canonical_json(clock))
    took = costs_of(valuation, planned, session)[1]
    assert (took.what, took.runs, took.hours) == ("as it went, 2 of 9 runs", 2, pytest.approx(0.01))
    sizes = machines.read_sizes(session.store, planned.pools.base, planned.pools.measures.values())
    work = work_of([planned.trunk, planned.anneals[3]], sizes.measured, sizes.vocabulary)
    assert took.flops == pytest.approx(sum(one.training + one.measuring for one in work))


class Cluster(LocalScheduler):
    """Sixteen workers; keeps what they are asked."""

    def __init__(self):
        super().__init__(1)
        self.asked = []

    def offering(self, resources):
        return 16 if resources else 40

    def run(self, function, work, done, heard=unheard, resources=None):
        assert resources
        self.asked.append((function.__name__, len(work)))
        told = {"warm": [2.0, *[3.0] * 15], "measure": [Reached(900 / len(work), 3000.0, 0.25)] * 16}
        return told[function.__name__][: len(work)]


@pytest.mark.parametrize(("runs", "workers"), [(100, 16), (16, 16), (5, 5)])
def test_workers_measure_alone_and_as_many_at_once_as_there_are_runs_for(tiny, runs, workers):
    valuation, session = tiny
    planned = plan(valuation, session)
    sizes = machines.read_sizes(session.store, planned.pools.base, planned.pools.measures.values())
    cluster = Session(session.store, Cluster())
    told = machines.machine_of(f"{runs}.json", planned.trunk, runs, sizes, valuation.cost, cluster)
    assert cluster.scheduler.asked == [("warm", workers), ("measure", 1), ("measure", workers)]
    assert (told.workers, told.crowding, told.once) == (workers, pytest.approx(workers), 3.0)


def test_a_worker_of_other_versions_is_not_measured(tiny):
    valuation, session = tiny
    with pytest.raises(ConfigError, match="this worker calls the run planned another, .*install the same"):
        machines.warm(machines.Ask(plan(valuation, session).trunk, "planned", 300, 20))


def test_one_worker_is_measured_once(tiny):
    valuation, session = tiny
    planned = plan(valuation, session)
    sizes = machines.read_sizes(session.store, planned.pools.base, planned.pools.measures.values())
    cluster = Session(session.store, Cluster())
    told = machines.machine_of("1.json", planned.trunk, 1, sizes, valuation.cost, cluster)
    assert cluster.scheduler.asked == [("warm", 1), ("measure", 1)]
    assert (told.workers, told.crowding, told.once) == (1, 1.0, 2.0)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_of_this_machine_are_measured_by_themselves(tiny, workers):
    """For real, with the very model: in this process, and in two that are started for it."""
    valuation, session = tiny
    planned = plan(valuation, session)
    sizes = machines.read_sizes(session.store, planned.pools.base, planned.pools.measures.values())
    local = Session(session.store, LocalScheduler(workers))
    told = machines.machine_of("m.json", planned.trunk, 2, sizes, valuation.cost, local)
    assert told.workers == workers
    assert 1 <= told.crowding < 20
    assert 1e6 < told.training < 1e13


def test_gpus_are_assumed_not_measured(tiny):
    valuation, session = tiny
    cuda = valuation.optimisation.model_copy(update={"device": "cuda", "devices": 8})
    valuation = valuation.model_copy(update={"optimisation": cuda})
    told = costs_of(valuation, plan(valuation, session), session)
    assert told[0].machine == "8 H100"
    assert any("of 989 TFLOP/s" in one for one in told[0].assumes)


def test_hours_by_the_clock_leave_out_pauses_and_count_what_ran_at_once_once():
    clocks = [
        {"finished": 100.0, "seconds": {"training": 90.0, "measuring": 10.0}},
        {"finished": 150.0, "seconds": {"training": 100.0}},
        {"finished": 7000.0, "seconds": {"training": 210.0}},
    ]
    told = Cost("", "m", 3, 1e9, 1.0, 1.0, 1.0, "USD")
    machine = Machine("m", 1.0, 1.0, workers=2, devices=2, price=3.0)
    took = went(clocks, told, 3, [machine] * 3)
    assert (took.what, took.runs) == ("as it went, by the clock", 3)
    assert took.hours == pytest.approx(360 / 3600)
    assert took.device_hours == pytest.approx(2 * 410 / 3600)
    assert took.money == pytest.approx(3 * took.device_hours)
    assert went(clocks[:2], told, 3, [machine] * 2).what == "as it went, 2 of 3 runs"
