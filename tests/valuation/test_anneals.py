"""The runs of a valuation: what they share whatever the candidates, and what is too little to train on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import validated
from curation_lib.valuation.anneals import Pools, anneals_of, arms_of, gaps_of, trunk_of
from curation_lib.valuation.arms import CONTROL
from curation_lib.valuation.experiment import Valuation
from tests.valuation.runs import TINY

pytest.importorskip("torch", reason="training is an extra: make setup-train")
SETTINGS = {**TINY, "base": {"paths": "base.jsonl"}, "targets": {"motors": {"paths": "motors.jsonl"}}}
SETS = ("target/motors", "guard/base", "task/quiz")
TOKENS = 5000


def asked(names, **more):
    return validated(Valuation, {**SETTINGS, "candidates": {n: {"paths": n} for n in names}, **more}, "tiny")


def pools(names):
    pairs = [f"{kind}/{name}" for name in names for kind in ("seen", "unseen")]
    of = {kind: {name: f"pools/{kind}-{name}" for name in names} for kind in ("candidates", "shuffled")}
    measures = {name: f"pools/{name}" for name in (*SETS, *pairs)}
    return Pools("pools/base", of["candidates"], of["shuffled"], dict.fromkeys(names, TOKENS), measures)


def runs_of(names):
    valuation, at = asked(names), pools(names)
    trunk = trunk_of(valuation, at)
    runs = anneals_of(valuation, at, arms_of(valuation, at.tokens)[0], trunk)
    return trunk, runs, gaps_of(valuation, at, runs[CONTROL])


@given(st.lists(st.from_regex(r"[a-z]{1,3}", fullmatch=True), min_size=1, max_size=4, unique=True), st.data())
def test_another_candidate_changes_no_other_run(names, data):
    one = data.draw(st.sampled_from(names))
    trunk, runs, gaps = runs_of(names)
    alone = runs_of([one])
    assert alone[0].print == trunk.print
    for arm, each in alone[1].items():
        assert [run.print for run in each] == [run.print for run in runs[arm]]
    assert [run.print for run in alone[2][one]] == [run.print for run in gaps[one]]
    assert {arm.candidate for arm in runs.keys() - alone[1].keys()} == {*names} - {one}


def test_what_is_measured_does_not_grow_with_candidates():
    _, runs, gaps = runs_of(["a", "b", "c"])
    for arm, each in runs.items():
        own = {f"seen/{arm.candidate}", f"unseen/{arm.candidate}"} if arm.kind == "candidate" else set()
        assert {*each[0].measures} == {*SETS} | own
    assert [{*run.measures} for run in gaps["b"]] == [{"seen/b", "unseen/b"}] * 2
    assert [(run.start, run.tokens) for run in gaps["b"]] == [(run.print, 0) for run in runs[CONTROL]]
    assert {run.keep for each in runs.values() for run in each} == {False, "weights"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"anneal_tokens": 63}, "anneal_tokens 63 are less than the optimisation.batch_tokens 64 of one step"),
        ({"trunk_tokens": 63}, "trunk_tokens 63 are less than the optimisation.batch_tokens 64 of one step"),
        ({"shares": [0.3, 0.02]}, "shares: 2% of an anneal of 40 sequences is less than one of them"),
        ({"candidates": {"placebo": {"paths": "a"}}}, "key 'candidates': .* placebo is what every valuation calls"),
        ({"candidates": {"control": {"paths": "a"}}}, "key 'candidates': .* control is what every valuation calls"),
        (
            {"benchmarks": ["quiz.yaml"], "tokenizer": "tiktoken/gpt2"},
            r"benchmarks: they need a tokenizer\.json, and tokenizer is tiktoken/gpt2; name one by path",
        ),
    ],
)
def test_what_cannot_be_is_refused_as_the_file_is_read(change, said):
    with pytest.raises(ConfigError, match=said):
        asked(["a"], **change)


def test_one_step_and_one_sequence_are_enough():
    valuation = asked(["a"], anneal_tokens=64, trunk_tokens=64, shares=[0.25])
    assert valuation.sequences == 4
    assert [arm.share for arm in arms_of(valuation, {"a": 1000})[0]] == [0, 0.25, 0.25, 0.25]


def test_a_candidate_of_less_than_a_sequence_is_refused():
    with pytest.raises(ConfigError, match=r"candidates\.a: 3 tokens, read max_epochs 4 times at most, make less than"):
        arms_of(asked(["a"]), {"a": 3})
    arms, _ = arms_of(asked(["a"]), {"a": 4})
    assert {arm.share for arm in arms if arm.candidate} == {0.025}


def test_a_share_that_is_lowered_to_all_but_another_is_that_one():
    """Arms of one label would have one order of data, and one line in the report."""
    arms, _ = arms_of(asked(["engines"], max_epochs=1.001), {"engines": 64})
    assert [(arm.kind, arm.share) for arm in arms if arm.candidate] == [("candidate", 0.1), ("negative", 0.1)]
