"""What a valuation is told to cost: the workers' machine is asked once, the clock is set beside it."""

from __future__ import annotations

import json

import pytest

from curation_lib.core.recipe import validated
from curation_lib.runner import valuation_cost
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.valuation import place_of, plan
from curation_lib.runner.valuation_cost import costs_of, went
from curation_lib.valuation.cost import Cost, Machine
from curation_lib.valuation.experiment import Valuation

pytest.importorskip("torch")

SETTINGS = {
    "valuation": "tiny",
    "tokenizer": {"train": 300},
    "model": {"hidden": 16, "layers": 1, "heads": 2, "sequence_length": 16},
    "optimisation": {"batch_tokens": 64, "warmup_tokens": 0},
    "trunk_tokens": 640,
    "anneal_tokens": 128,
    "shares": [0.3],
    "seeds": 2,
    "negative": False,
    "guard_part": 0.2,
}


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


def test_the_machine_is_measured_once_and_told_beside_a_full_ablation_and_a_large_model(tiny, monkeypatch):
    valuation, session = tiny
    planned, asked = plan(valuation, session), []

    def calibrated(run, vocabulary, workers, price, document_tokens):
        asked.append((run, vocabulary, workers, price))
        assert 5 < document_tokens < 60
        return Machine("this one", 1e9, 1e9, workers, price=price, assumes=("a price",))

    monkeypatch.setattr(valuation_cost, "calibrate", calibrated)
    first = costs_of(valuation, planned, session)
    assert costs_of(valuation, planned, session) == first
    assert asked == [(planned.trunk, 300, 1, 0.05)]
    assert [one.runs for one in first] == [1 + 3 * 2 + 2, 2 * 2, 3 * 2 + 2, 2 * 2]
    assert [one.machine for one in first] == ["this one", "this one", "64 H100", "64 H100"]
    assert session.store.exists(f"{place_of(valuation, planned)}/machine.json")


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
    told = Cost("this experiment", "m", 3, 1e9, 1.0, 1.0, 1.0, "USD")
    took = went(clocks, told, Machine("m", 1.0, 1.0, workers=2, devices=2, price=3.0))
    assert (took.what, took.runs) == ("as it went, by the clock", 3)
    assert took.hours == pytest.approx(360 / 3600)
    assert took.device_hours == pytest.approx(2 * 410 / 3600)
    assert took.money == pytest.approx(3 * took.device_hours)
    assert went(clocks[:2], told, Machine("m", 1.0, 1.0)).what == "as it went, 2 of 3 runs"
