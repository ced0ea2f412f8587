"""Costs: operations by hand, hours by a schedule by hand, this machine against itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.valuation.ablation import costs
from curation_lib.valuation.arms import Arm
from curation_lib.valuation.calibrate import Reached, machine
from curation_lib.valuation.cost import (
    CostSettings,
    Machine,
    Work,
    cpu,
    elapsed,
    h100,
    in_money,
    priced,
    tokens_of,
    work_of,
)
from curation_lib.valuation.model_settings import ModelSettings, Optimisation
from curation_lib.valuation.runs import Part, Run

MODEL = ModelSettings(hidden=64, layers=2, heads=2, sequence_length=128)
VOCABULARY = 1000


def run(tokens=4096, start=None, measures=None, seed=0):
    return Run(
        model=MODEL,
        optimisation=Optimisation(batch_tokens=1024, warmup_tokens=0),
        parts=(Part(pool="base", share=1.0),),
        tokens=tokens,
        start=start,
        seed=seed,
        measures=measures or {},
    )


def scheduled(work, machine):
    """Seconds from begin to end, and of all together."""
    wall, busy = elapsed(work, [machine] * len(work))
    return wall, sum(busy)


def test_operations_are_six_per_parameter_and_token_and_attention_and_a_third_to_measure():
    parameters = 2 * (4 * 64 * 64 + 3 * 64 * 192 + 2 * 64) + 64 + VOCABULARY * 64
    each = 6 * parameters + 12 * 2 * 64 * 128
    (one,) = work_of(
        [run(measures={"target/a": "pools/a", "guard/b": "pools/b"})], {"pools/a": 300, "pools/b": 30}, VOCABULARY
    )
    assert one == Work(4096 * each, 330 * each / 3)


def test_anneals_wait_for_their_trunk():
    trunk = run()
    works = work_of([trunk, *(run(start=trunk.print, seed=n) for n in range(3))], {}, VOCABULARY)
    assert [one.after for one in works] == [None, 0, 0, 0]
    second = works[0].training
    wall, busy = scheduled(works, Machine("m", second, second, workers=2, crowding=1.5, start=1.0))
    # the trunk alone 2, two anneals at once 2 * 1.5, the third alone 2
    assert (wall, busy) == pytest.approx((7.0, 10.0))


def test_each_worker_wakes_once():
    machine = Machine("m", 1.0, 1.0, workers=2, once=5.0)
    # both wake and work 1; then 1 each
    assert scheduled([Work(1.0, 0.0)] * 4, machine) == pytest.approx((7.0, 14.0))
    # the second worker wakes after the trunk
    assert scheduled([Work(1.0, 0.0), *[Work(1.0, 0.0, 0)] * 2], machine) == pytest.approx((12.0, 13.0))


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=12), st.integers(1, 4), st.floats(1, 3), st.floats(0, 2))
def test_no_worker_idles_while_work_waits(seconds, workers, crowding, start):
    machine = Machine("m", 1.0, 1.0, workers, crowding, start=start)
    wall, busy = scheduled([Work(s, 0.0) for s in seconds], machine)
    alone = sum(seconds) + start * len(seconds)
    assert alone <= busy * (1 + 1e-9)
    assert busy <= alone * crowding * (1 + 1e-9)
    assert busy / workers <= wall * (1 + 1e-9)
    assert wall <= busy / workers + (max(seconds) + start) * crowding + 1e-9


def test_money_is_for_busy_devices():
    cost = priced("it", [Work(3600.0, 3600.0)], Machine("m", 1.0, 2.0, devices=8, price=2.0), "EUR")
    assert (cost.flops, cost.hours, cost.device_hours, cost.money) == (7200, 1.5, 12.0, 24.0)


def test_models_that_differ_are_told_by_their_own_machine():
    """By hand: two workers; a small run of 2 s, then a large one of 4 s, beside a large one; crowds slow each apart."""
    small = Machine("2 processes", 1.0, 1.0, workers=2, crowding=1.0, price=3600, assumes=("a price",))
    large = small._replace(training=0.5, crowding=2.0, price=7200)
    work, machines = [Work(2.0, 0.0), Work(2.0, 0.0), Work(2.0, 0.0)], [small, large, large]
    wall, busy = elapsed(work, machines)
    # small 0 to 2; the first large has then 3 of 4 left, with the second beside it 6 more; that one has 1 left
    assert busy == pytest.approx([2.0, 8.0, 7.0])
    assert wall == pytest.approx(9.0)
    cost = priced("it", work, machines, "EUR")
    assert cost.money == pytest.approx(2 + 2 * 15)
    assert (cost.machine, cost.assumes, cost.flops) == ("2 processes", ("a price",), 6.0)
    assert elapsed([], []) == (0.0, [])


def test_a_price_is_of_the_settings_whatever_was_measured_with():
    measured = {**Machine("m", 1.0, 2.0, price=9.0)._asdict(), "assumes": ["9 an hour"]}
    assert cpu(measured, CostSettings(cpu_price=2, currency="EUR")) == Machine(
        "m", 1.0, 2.0, price=2.0, assumes=("2 EUR an hour for each process",)
    )
    assert cpu(measured, CostSettings(cpu_price=0)).assumes == ()


def test_amounts_and_tokens_are_told_as_they_are_counted():
    assert [in_money(value, "EUR") for value in (0, 0.00044, 0.1, 1234.567)] == [
        "0.00 EUR", "0.00044 EUR", "0.10 EUR", "1,234.57 EUR"
    ]  # fmt: skip
    assert tokens_of([run(tokens=4000), run(tokens=1)]) == 4096 + 1024


def test_a_7b_anneal_of_20b_tokens_is_what_is_published_of_h100s():
    """6 * 6.7e9 * 20e9 is 8e20 operations; at 400 TFLOP/s some 560 hours of one H100, attention aside."""
    settings = CostSettings()
    assert settings.large.parameters(settings.vocabulary) == pytest.approx(6.7e9, rel=0.03)
    work = Work(settings.anneal_tokens * settings.large.flops_per_token(settings.vocabulary), 0.0)
    cost = priced("it", [work], h100(settings), "USD")
    assert 560 < cost.device_hours < 800
    assert cost.hours == pytest.approx(cost.device_hours / 64)
    assert cost.money == pytest.approx(3 * cost.device_hours)


def test_a_shared_trunk_is_what_is_saved():
    trunk = run(tokens=102_400)
    anneals = {
        arm: [run(start=trunk.print, seed=n) for n in range(5)]
        for arm in (Arm("control"), Arm("placebo", "", 0.3), Arm("candidate", "c", 0.1), Arm("negative", "c", 0.1))
    }
    here, full, large, large_full = costs(trunk, anneals, [], {}, VOCABULARY, Machine("m", 1e9, 1e9), CostSettings())
    assert (here.runs, full.runs, large.runs, large_full.runs) == (21, 10, 20, 10)
    assert full.flops / here.flops == pytest.approx(10 * (102_400 + 4096) / (102_400 + 20 * 4096))
    assert large_full.money / large.money == pytest.approx(10 * 1020 / (20 * 20))
    assert any("1T tokens a trunk" in one for one in large_full.assumes)
    assert any("40% of 989 TFLOP/s" in one for one in large.assumes)


def test_runs_that_measure_alone_are_told_and_wait_for_those_that_they_measure():
    trunk = run(measures={"guard/a": "pools/a"})
    control = run(start=trunk.print, measures={"guard/a": "pools/a"})
    gap = run(tokens=0, start=control.print, measures={"seen/c": "pools/c"})
    measured, machine = {"pools/a": 700, "pools/c": 900}, Machine("m", 1e9, 1e9, start=1.0)
    here, _, large, _ = costs(
        trunk, {Arm("control"): [control]}, [gap], measured, VOCABULARY, machine, settings := CostSettings()
    )
    each = MODEL.flops_per_token(VOCABULARY)
    assert (here.runs, here.flops) == (3, pytest.approx((2 * 4096 + (2 * 700 + 900) / 3) * each))
    assert here.hours * 3600 == pytest.approx(3 + here.flops / 1e9)
    assert [one.after for one in work_of([trunk, control, gap], measured, VOCABULARY)] == [None, 0, 1]
    each = settings.large.flops_per_token(settings.vocabulary)
    assert large.flops == pytest.approx((settings.anneal_tokens + (700 + 900) / 3) * each)


def test_what_a_process_reaches_is_measured_with_the_model_itself():
    pytest.importorskip("torch")
    from curation_lib.valuation import calibrate

    pool = calibrate.made_up(VOCABULARY, 20, 50)
    assert pool.tokens == pool.offsets[-1] == len(pool.ids)
    assert 0 < calibrate.warmed(run(), pool) < 60
    reached = calibrate.worked(run(), pool, 0.2)
    assert reached.measuring > reached.training > 0
    assert 0 <= reached.start < 5


def test_of_all_rounds_the_middle_one_counts(monkeypatch):
    """A process that is alone for a moment is faster, one beside a backup is slower: neither is what a run will get."""
    pytest.importorskip("torch")
    from curation_lib.valuation import calibrate, train

    clock = iter([1.0, 1.0, 2.0, 5.0, 3.0, 2.5, 9.0])  # two steps to begin with, then the rounds
    trained = train.train

    def timed(*asked):
        return replace(trained(*asked), seconds=next(clock))

    monkeypatch.setattr(train, "train", timed)
    reached = calibrate.worked(run(), calibrate.made_up(VOCABULARY, 20, 50), 0.01)
    assert reached.training == pytest.approx(3 * run().optimisation.batch_tokens / 3.0)


def test_this_machine_is_told_in_the_terms_of_its_model():
    alone = Reached(training=900.0, measuring=3000.0, start=0.25)
    crowd = [alone._replace(training=450.0), alone._replace(training=300.0)]
    told = machine(run(), VOCABULARY, 3.0, alone, crowd)
    assert (told.workers, told.crowding, told.start, told.once) == (2, pytest.approx(2.5), 0.25, 3.0)
    assert told.name == "2 CPU processes of 1 thread"
    (work,) = work_of([run()], {}, VOCABULARY)
    assert work.training / told.training == pytest.approx(4096 / 900)
    (measured,) = work_of([run().model_copy(update={"measures": {"aim": "pools/aim"}})], {"pools/aim": 600}, VOCABULARY)
    assert measured.measuring / told.measuring == pytest.approx(600 / 3000)
    assert machine(run(), VOCABULARY, 0.0, alone, [alone._replace(training=1000.0)]).crowding == 1
