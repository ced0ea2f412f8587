"""Valuations of one base in one store: another candidate is trained alone, and measured as if it had been there."""

from __future__ import annotations

import pytest

from curation_lib.audit.valuations import varied
from curation_lib.core.recipe import validated
from curation_lib.runner.training import carry_out
from curation_lib.runner.valuation import anneal, judge, left, plan, value
from curation_lib.valuation.arms import CONTROL
from curation_lib.valuation.experiment import Valuation
from tests.valuation.runs import TINY, session, written

pytest.importorskip("torch", reason="training is an extra: make setup-train")
SETTINGS = {**TINY, "anneal_tokens": 320, "shares": [0.3], "measured": {"documents": 10}, "verdict": {"draws": 200}}


@pytest.fixture
def asked(tmp_path):
    told = (("base", "wheel", 200), ("engines", "engine", 40), ("motors", "motor", 30), ("pumps", "pump", 40))
    paths = {name: {"paths": str(written(tmp_path / f"{name}.jsonl", what, n))} for name, what, n in told}
    given = {**SETTINGS, "base": paths["base"], "targets": {"motors": paths["motors"]}}
    return lambda *names: validated(Valuation, {**given, "candidates": {n: paths[n] for n in names}}, "tiny")


def test_another_candidate_is_trained_alone_and_the_verdict_is_that_of_both_together(tmp_path, asked):
    at = session(tmp_path)
    value(asked("engines"), at)
    pumps = varied(asked("engines"), at.store, candidate=str(tmp_path / "pumps.jsonl"))
    planned = plan(pumps, at)
    own = [run for arm, runs in planned.runs.items() if arm.candidate for run in runs]
    assert [run.print for run in left(planned, at.store)] == [run.print for run in (*own, *planned.gaps["pumps"])]
    at.calls.clear()
    anneal(planned, at)
    alone = judge(pumps, planned, at)
    assert at.calls["train"] == len(own) + 2
    both = value(asked("engines", "pumps"), at)
    assert at.calls["train"] == len(own) + 2
    (told,), of_both = alone["candidates"], both["candidates"][1]
    for name in ("effect", "harm", "negative", "over_negative", "memorised"):
        assert told["doses"][0][name] == of_both["doses"][0][name] != None  # noqa: E711


def test_what_a_control_makes_of_a_candidate_is_what_it_had_measured_itself(tmp_path, asked):
    at = session(tmp_path)
    report, planned = value(asked("engines"), at), plan(asked("engines"), at)
    measures = planned.gaps["engines"][0].measures
    before = carry_out([run.model_copy(update={"measures": dict(measures)}) for run in planned.runs[CONTROL]], at)
    control = report["arms"][0]["bits_per_byte"]
    assert {*control} == {"target/motors", "guard/base", "seen/engines", "unseen/engines"}
    for name in measures:
        assert control[name] == [one.losses[name].per_byte for one in before]
