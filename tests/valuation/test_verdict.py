"""Verdicts on experiments whose truth is known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import validated
from curation_lib.valuation.arms import Arm
from curation_lib.valuation.dose import VerdictSettings
from curation_lib.valuation.verdict import judge
from tests.valuation.experiments import CONTROL, SETS, candidate, negative, observe

PLACEBO = Arm("placebo", share=0.3)
SETTINGS = VerdictSettings(draws=1000)
QUIET = (0.001, 0.001, 0.003)


def judged(arms, seeds=5, noise=QUIET, settings=SETTINGS, sets=SETS, seed=1, documents=100):
    arms = {CONTROL: 0, PLACEBO: 0, **arms}
    return judge(observe(np.random.default_rng(seed), arms, sets, seeds, documents, noise), settings)


def only(arms, **more):
    (one,) = judged(arms, **more).candidates
    return one


def test_an_effect_in_the_words_order_is_worth_it_at_the_share_where_it_is_largest():
    one = only({candidate(0.1): 0.05, candidate(0.3): 0.09, negative(0.1): 0.0, negative(0.3): 0.01})
    assert (one.verdict, one.share, one.response_word) == ("worth it", 0.3, "grows")
    assert one.response.low < 0.04 < one.response.high
    assert one.rows[1].dose.explained == pytest.approx(0.1, abs=0.1)
    assert one.reasons[0].startswith("best at 30%, where the targets take 0.0")


def test_no_effect_is_not_worth_it():
    one = only({candidate(0.1): 0.0, candidate(0.3): -0.02})
    assert one.verdict == "not worth it"
    assert one.reasons == tuple(f"at {s}% its effect is below 0.005 bits per byte" for s in (10, 30))
    assert one.response_word == "shrinks"


def test_what_its_words_do_alone_is_not_worth_it():
    one = only({candidate(0.3): 0.05, negative(0.3): 0.06})
    assert one.verdict == "not worth it"
    assert one.reasons == ("at 30% its words alone do it: shuffled, they bring as much",)


def test_shuffled_words_that_win_are_noted():
    told = judged({candidate(0.3): 0.09, negative(0.3): 0.04})
    assert told.candidates[0].verdict == "worth it"
    assert told.notes == ("c shuffled at 30% beats the control, too",)


def test_a_share_without_shuffled_words_goes_by_those_of_the_nearest():
    one = only({candidate(0.1): 0.05, candidate(0.3): 0.05, negative(0.3): 0.05})
    assert one.rows[0].dose.over_negative == one.rows[1].dose.over_negative
    assert one.rows[0].claim > 0.01 > one.rows[0].adjusted
    assert one.verdict == "not worth it"
    assert len(one.reasons) == 2
    tried = only({candidate(0.1): 0.05, negative(0.1): 0.05, candidate(0.3): 0.05, negative(0.3): 0.0})
    assert (tried.verdict, tried.share) == ("worth it", 0.3)


def test_words_that_may_do_it_alone_leave_it_open():
    one = only({candidate(0.3): {"target": 0.05}, negative(0.3): {"target": 0.046}}, noise=(0.006, 0.001, 0.001))
    assert re.fullmatch(r"inconclusive \(needs \d+ more seeds\)", one.verdict)
    assert one.reasons == ("at 30% its words alone may do it: it does not surely beat them shuffled",)


def test_a_harmed_guard_is_not_worth_it_and_a_share_that_spares_it_is():
    harmed = only({candidate(0.3): {"target": 0.09, "guard": -0.05}})
    assert harmed.verdict == "not worth it"
    assert "harms the guard by 0.0" in harmed.reasons[0]
    spared = only({candidate(0.1): {"target": 0.04}, candidate(0.3): {"target": 0.09, "guard": -0.05}})
    assert (spared.verdict, spared.share) == ("worth it", 0.1)


def test_a_guard_near_its_limit_asks_for_seeds():
    one = only({candidate(0.3): {"target": 0.09, "guard": -0.019}}, noise=(0.004, 0.001, 0.001))
    assert re.fullmatch(r"inconclusive \(needs \d+ more seeds\)", one.verdict)
    assert one.reasons == ("at 30% harm to the guard may be above 0.02 bits per byte",)


def test_a_winning_placebo_leaves_everything_open():
    told = judged({PLACEBO: 0.05, candidate(0.1): 0.2, candidate(0.1, "d"): 0.0})
    assert {one.verdict for one in told.candidates} == {"inconclusive (the placebo wins)"}
    assert {one.share for one in told.candidates} == {None}
    assert "placebo at 30% seems to help" in told.candidates[0].reasons[0]


def test_two_seeds_leave_open_what_five_tell_and_the_seeds_asked_for_tell():
    noise, arms = (0.003, 0.001, 0.001), {candidate(0.3): {"target": 0.015}}
    found = {n: [only(arms, seeds=n, noise=noise, seed=k) for k in range(12)] for n in (2, 6)}
    assert sum(one.verdict.startswith("inconclusive (needs ") for one in found[2]) >= 10
    assert sum(one.verdict == "worth it" for one in found[6]) >= 9
    more = int(np.median([one.rows[0].found.more for one in found[2] if one.rows[0].found.more]))
    told = [only(arms, seeds=2 + more, noise=noise, seed=k).verdict for k in range(12)]
    assert told.count("worth it") >= 8


def test_seeds_do_not_help_where_documents_vary_too_much():
    one = only({candidate(0.3): 0.0}, noise=(0.0001, 0.001, 0.2), documents=30)
    assert one.verdict == "inconclusive (needs more documents)"


def test_memorisation_and_task_are_told_beside_the_verdict():
    one = only({candidate(0.3): {"target": 0.05, "task": 0.02, "seen": 0.2, "unseen": 0.12}})
    dose = one.rows[0].dose
    assert dose.memorised.low < 0.08 < dose.memorised.high
    assert dose.task.low < 0.02 < dose.task.high
    bare = only({candidate(0.3): 0.05}, sets=SETS[:3]).rows[0].dose
    assert (bare.memorised, bare.task) == (None, None)


def test_sets_that_only_some_arms_hold_change_no_number():
    """A candidate's documents are measured by its own arms and the control alone."""
    arms = {CONTROL: 0, PLACEBO: 0, candidate(0.1): 0.02, candidate(0.3): 0.05, negative(0.3): 0.01}
    arms |= {candidate(0.3, "d"): 0.03, negative(0.3, "d"): 0.0}
    pairs = {n: {f"seen/{n}", f"unseen/{n}"} for n in ("c", "d")}
    whole = observe(np.random.default_rng(3), arms, (*SETS, *pairs["d"]), 5, 60, (0.004, 0.004, 0.004))
    held = {arm: pairs["c"] | pairs["d"] if arm == CONTROL else pairs.get(arm.candidate, set()) for arm in arms}
    held |= {arm: set() for arm in arms if arm.kind == "negative"}
    less = {
        arm: [{n: v for n, v in one.items() if n.startswith(("target", "guard", "task")) or n in held[arm]} for one in seeds]
        for arm, seeds in whole.items()
    }  # fmt: skip
    assert judge(less, SETTINGS) == judge(whole, SETTINGS)


def test_forty_candidates_of_base_text_are_never_worth_it_together():
    arms = {candidate(0.1, f"c{n}"): 0.0 for n in range(40)}
    told = [
        judged(arms, noise=(0.003, 0.003, 0.004), sets=SETS[:3], seed=k, settings=VerdictSettings(draws=400))
        for k in range(15)
    ]
    wins = sum(any(one.verdict == "worth it" for one in one_told.candidates) for one_told in told)
    assert wins <= 1


def test_seeds_that_measured_the_same_are_noted():
    told = judged({candidate(0.3): 0.05}, noise=(0, 0, 0))
    assert told.candidates[0].verdict == "worth it"
    assert told.notes[0].startswith("all seeds of control, placebo at 30%, c at 30% measured the same")


@pytest.mark.parametrize(
    ("arms", "sets", "said"),
    [
        ({candidate(0.1): 0}, SETS, "arms: there is no control"),
        ({CONTROL: 0, candidate(0.1): 0}, SETS[2:], "no set target/<name>"),
        ({CONTROL: 0, candidate(0.1): 0}, SETS[:2], "no set guard/<name>"),
    ],
)
def test_what_a_verdict_cannot_do_without_is_named(arms, sets, said):
    with pytest.raises(ConfigError, match=said):
        judge(observe(np.random.default_rng(0), arms, sets), SETTINGS)


def test_a_wrong_setting_is_named():
    with pytest.raises(ConfigError, match="verdict: key 'alpha'"):
        validated(VerdictSettings, {"alpha": 1.5}, "verdict")


def test_the_same_seeds_give_the_same_verdict_to_the_last_bit():
    arms = {candidate(0.1): 0.01, negative(0.1): 0.0}
    assert judged(arms) == judged(arms)
