from __future__ import annotations

import numpy as np
import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.answer import answer
from curation_lib.mix.search.natural import Natural, mean_mixture
from curation_lib.mix.search.question import Question
from curation_lib.mix.search.scaling import CLAIMED, DEPENDENT, OPEN, Claim, Slope, scale_claim
from tests.mix.search.swarms import DOMAINS, NATURAL, effective, swarm, together

THERE = Natural(NATURAL, "a test")


def test_a_clear_optimum_ships_and_is_near_the_true_one():
    runs = swarm(lambda w: effective(w, [0.05, 0.05, 0.2, 3.0]), runs=150)
    found = answer(runs, Question([1], kl=2.0), THERE, 30)
    assert found["ships"]
    assert found["mixture"] == "optimum"
    assert found["domains"][0]["domain"] == "wiki"
    assert found["domains"][0]["low"] <= found["domains"][0]["optimum"] <= found["domains"][0]["high"]
    best = {row["domain"]: row["optimum"] for row in found["domains"]}
    truth = effective(np.array([[best[name] for name in DOMAINS], [0.25] * 4]), [0.05, 0.05, 0.2, 3.0])
    assert found["gain"]["low"] <= truth[1] - truth[0] <= found["gain"]["high"]


def test_noise_ships_unimax():
    """Losses that no mixture shapes: the optimum is a rumour."""
    runs = swarm(lambda w: np.full(len(w), 3.0), runs=60, noise=0.05)
    found = answer(runs, Question([1]), THERE, 40)
    assert not found["ships"]
    assert found["mixture"] == "unimax"
    assert found["verdict"].startswith("Ship UniMax: the optimum does not beat it outside of noise")


def test_epochs_and_licences_bind_the_optimum():
    runs = swarm(lambda w: effective(w, [0.05, 0.05, 0.2, 3.0]), runs=150)
    there = Natural(NATURAL, "a test", 1e6 * NATURAL, {"wiki": "CC-BY-SA-4.0", "web": "MIT"})
    found = answer(runs, Question([1], budget=1_000_000, max_epochs=4, kl=5.0), there, 20)
    row = next(row for row in found["domains"] if row["domain"] == "wiki")
    assert (row["optimum"], row["epochs"]) == (pytest.approx(0.4, abs=1e-4), pytest.approx(4, abs=1e-3))
    found = answer(runs, Question([1], kl=5.0, license_caps=[("CC-BY-SA-*", 0.15)]), there, 20)
    assert {row["domain"]: row["optimum"] for row in found["domains"]}["wiki"] == pytest.approx(0.15, abs=1e-4)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question([1], kl=1, penalty=0.5), "--kl and --kl-penalty: give one"),
        (Question([1], budget=10), "--budget: epochs are counted from tokens.*--natural FILE"),
        (Question([0]), "values are 0 or more, and one is more"),
        (Question([1], scale=1e6), "name the column of model sizes by --parameters"),
    ],
)
def test_questions_without_an_answer_are_refused(question, said):
    with pytest.raises(ConfigError, match=said):
        answer(swarm(lambda w: effective(w, [1, 1, 1, 1])), question, THERE, 20)


def scales(spread):
    """Two scales whose losses spread by `spread` of what the worth of domains makes."""
    return together(
        *(
            swarm(lambda w, power=power: effective(w, [0.1, 0.1, 0.5, 3], power), parameters=size, seed=3, noise=1e-3)
            for size, power in zip((1e6, 1e9), spread, strict=True)
        )
    )


def test_a_slope_that_only_one_ruler_sees_depends_on_the_regulariser():
    """The larger model minds mixtures less, and that is all: relative to its spread it wants the same."""
    found = scale_claim(scales((0.3, 0.06)), NATURAL, 20)
    signs = {(one.normalisation, one.strength): one.sign for one in found.slopes}
    assert {sign for (name, _), sign in signs.items() if name == "loss_units"} == {-1}
    assert found.verdict == DEPENDENT
    assert found.transfer[1e6].spearman > 0.95


def test_what_all_rulers_see_is_claimed():
    slopes = [
        Slope(name, 0.3, value, value - 0.1, value + 0.1, ())
        for name, value in (("loss_units", -0.4), ("spread", -0.2))
    ]
    assert Claim((), (), "", tuple(slopes), {}).verdict == CLAIMED
    turned = [*slopes, Slope("spread", 1.0, 0.2, 0.1, 0.3, ())]
    assert Claim((), (), "", tuple(turned), {}).verdict == DEPENDENT
    assert Claim((), (), "", (Slope("spread", 1.0, 0.0, -0.1, 0.1, ()),), {}).verdict == OPEN


def test_a_slope_needs_two_scales():
    runs = swarm(lambda w: effective(w, [1, 1, 1, 1]), parameters=1e6)
    with pytest.raises(ConfigError, match="1 scales: a slope needs runs of models of two sizes"):
        scale_claim(runs, mean_mixture(runs).shares, 20)
    assert answer(runs, Question([1]), THERE, 20)["claim"] is None
    with pytest.raises(ConfigError, match=r"--scale 7: the runs have 1e\+06"):
        answer(runs, Question([1], scale=7), THERE, 20)


def test_a_scale_with_too_few_runs_is_named():
    runs = scales((0.3, 0.06))
    few = runs.take(np.flatnonzero((runs.parameters == 1e9) | (np.arange(len(runs)) < 5)))
    with pytest.raises(ConfigError, match=r"scale 1e\+06: 5 runs do not determine 7 coefficients"):
        scale_claim(few, NATURAL, 20)
