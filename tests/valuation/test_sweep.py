"""Sweeps of filter rates: epochs of the target run, and a claim that only a drift outside of noise earns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.valuation.best_rate import CLAIMED, CONTRARY, OPEN, Measured, lowest, swept
from curation_lib.valuation.model_settings import ModelSettings, Optimisation
from curation_lib.valuation.proxy import Scale
from curation_lib.valuation.runs import Losses
from curation_lib.valuation.sweep import Kept, SweepSettings, sweep

SIZES = [100_000, 250_000, 800_000]
DOCUMENTS = 60
ASKED = SweepSettings(seeds=3, draws=400)


def scale(tokens: int) -> Scale:
    model = ModelSettings(hidden=32, layers=1, heads=2, sequence_length=32)
    return Scale(model=model, optimisation=Optimisation(batch_tokens=256, warmup_tokens=0), tokens=tokens)


def test_a_smaller_rate_is_read_more_often_as_in_the_target_run() -> None:
    kept = [Kept(rate, f"pools/{rate}", 9_000, round(30_000_000 * rate)) for rate in ASKED.rates]
    cells = sweep(kept, [scale(200_000), scale(400_000)], 30_000_000, {}, ASKED)
    assert len(cells) == len({one.run.print for one in cells}) == 2 * 3 * 4
    for cell in cells:
        (part,) = cell.run.parts
        assert part.tokens is not None
        assert cell.run.tokens / part.tokens == pytest.approx(1 / cell.rate, rel=0.01)
    assert len({one.run.seed for one in cells if one.scale == 0}) == 12


@pytest.mark.parametrize(
    ("rates", "told"), [((0.1, 1.0), "2 rates"), ((0.1, 0.1, 1.0), "different"), ((0.0, 0.1, 1.0), "no share")]
)
def test_rates_that_make_no_sweep_are_refused(rates: tuple[float, ...], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        SweepSettings(rates=rates)


@given(st.floats(-1.4, -0.1), st.floats(0.01, 5), st.floats(-1, 1))
def test_the_lowest_point_of_a_parabola_is_found(at: float, bend: float, level: float) -> None:
    logs = np.log10(ASKED.rates)
    assert lowest(level + bend * (logs - at) ** 2, logs) == pytest.approx(at, abs=1e-6)
    assert lowest(level - bend * (logs - at) ** 2, logs) in (logs[0], logs[-1])
    assert lowest(level + bend * logs, logs) == pytest.approx(logs[0])


def simulated(drift: float, noise: float, seed: int) -> Measured:
    """Runs whose best log rate is -0.8 at the middle size and moves by `drift` per tenfold size."""
    rng = np.random.default_rng(seed)
    held = rng.integers(500, 5000, DOCUMENTS)
    own = rng.normal(0, 0.3, DOCUMENTS)
    found: dict[tuple[int, float], list[dict[str, Losses]]] = {}
    for n, size in enumerate(SIZES):
        for rate in ASKED.rates:
            far = np.log10(rate) - (-0.8 + drift * np.log10(size / SIZES[1]))
            found[n, rate] = []
            for _ in range(ASKED.seeds):
                level = 2.5 - 0.3 * n + 0.05 * far**2 + rng.normal(0, noise)
                found[n, rate].append({"target/x": Losses((level + own) * held, held)})
    return found


def test_a_drift_is_claimed_outside_of_noise_only() -> None:
    assert swept(simulated(0.6, 0.001, 1), SIZES, ASKED, {"target/x": 2.0}).verdict == CLAIMED
    assert swept(simulated(-0.6, 0.001, 1), SIZES, ASKED, {"target/x": 2.0}).verdict == CONTRARY
    assert swept(simulated(0.6, 0.05, 1), SIZES, ASKED, {"target/x": 2.0}).verdict == OPEN


def test_the_answer_is_what_was_simulated_and_the_same_again() -> None:
    found = swept(simulated(0.4, 0.0005, 2), SIZES, ASKED, {"target/x": 2.0})
    assert found.slope == pytest.approx(0.4, abs=0.05)
    assert found.low < found.slope < found.high
    for n, one in enumerate(found.scales):
        wanted = 10 ** (-0.8 + 0.4 * np.log10(SIZES[n] / SIZES[1]))
        assert one.best == pytest.approx(wanted, rel=0.1)
        assert one.best_low <= one.best <= one.best_high
        assert one.chosen.sum() == pytest.approx(1)
        assert np.all((one.low < one.losses) & (one.losses < one.high))
    again = swept(simulated(0.4, 0.0005, 2), SIZES, ASKED, {"target/x": 2.0})
    assert (again.slope, again.low, again.high) == (found.slope, found.low, found.high)


def test_no_drift_is_rarely_claimed() -> None:
    verdicts = [swept(simulated(0.0, 0.003, seed), SIZES, ASKED, {"target/x": 2.0}).verdict for seed in range(60)]
    assert sum(verdict != OPEN for verdict in verdicts) <= 7
