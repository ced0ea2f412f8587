"""Accuracies of arms: held against scipy's Welch test, and against chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from curation_lib.valuation.arms import Arm
from curation_lib.valuation.benchmarks import benchmarks, unanswered
from curation_lib.valuation.runs import Answers

CONTROL, CODE = Arm("control"), Arm("candidate", "code", 0.3)
right = st.lists(st.integers(0, 100), min_size=2, max_size=6)


def told(control, code, chance=0.25, metric="acc"):
    """The row of a task of 100 items of which seeds have so many right."""
    answered = {
        arm: [{"quiz": Answers({metric: n / 100, "acc_stderr": 0.04}, 100, chance)} for n in each]
        for arm, each in ((CONTROL, control), (CODE, code))
    }
    (row,) = benchmarks(answered, {"quiz": Answers({metric: 0.2}, 100, chance)}, 0.01)
    return row


@pytest.mark.filterwarnings("ignore:Precision loss")  # of scipy, where one arm does not vary
@given(right, right)
def test_a_difference_is_that_of_welch(control, code):
    row = told(control, code)
    _, other = row["arms"]
    found = other["difference"]
    if len({*control}) == len({*code}) == 1:
        assert found is None
        return
    a, b = np.array(code) / 100, np.array(control) / 100
    wanted = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.98)
    assert found["value"] == pytest.approx(a.mean() - b.mean())
    assert (found["low"], found["high"]) == pytest.approx((wanted.low, wanted.high))
    assert (other["mean"], other["spread"]) == pytest.approx((a.mean(), a.std(ddof=1)))


@pytest.mark.parametrize(
    ("code", "answers"),
    [([26, 27, 25], False), ([34, 33, 34], False), ([36, 37, 38], True), ([5, 4, 6], False)],
)
def test_a_task_is_answered_where_an_arm_is_above_chance_by_more_than_its_items_vary(code, answers):
    row = told([24, 25, 26], code)
    assert row["answers"] is answers
    said = ["quiz: no arm answers more of 100 items than chance (25.0%) would; the model is too small to answer"]
    assert unanswered([row]) == ([] if answers else said)


def test_a_task_without_choices_is_told_by_what_is_exactly_right():
    assert told([0, 0], [0, 0], 0.0, "exact_match")["answers"] is False
    row = told([0, 0], [0, 1], 0.0, "exact_match")
    assert (row["metric"], row["answers"], row["trunk"]) == ("exact_match", True, 0.2)


def test_where_nothing_was_asked_nothing_is_told():
    assert benchmarks({CONTROL: [{}, {}], CODE: [{}, {}]}, {}, 0.01) == []
