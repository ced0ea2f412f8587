"""A valuation as data: verdicts, what every seed measured and what was read. JSON-ready, no clock, no machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curation_lib.valuation.arms import Arm, Observed
from curation_lib.valuation.benchmarks import Answered, benchmarks, unanswered
from curation_lib.valuation.effects import Effect
from curation_lib.valuation.runs import Answers
from curation_lib.valuation.verdict import Candidate, Judgement, Row

Curve = Sequence[tuple[int, float]]
EFFECTS = ("effect", "harm", "negative", "over_negative", "task", "memorised")


@dataclass(frozen=True)
class Told:
    """What a report holds beside the verdict. name: of the valuation. trunk: its fingerprint. comparable: hash of what
    valuations share whose effects may be ranked together. epochs: by arm, how often its candidate's (or the placebo's)
    documents were read. curves: tokens and training loss, by what was trained. notes: of the experiment. answers: of
    every arm's seeds, by task; trunk_answers: of the trunk."""

    name: str
    trunk: str
    comparable: str
    epochs: Mapping[Arm, float] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    notes: Sequence[str] = ()
    answers: Answered = field(default_factory=dict)
    trunk_answers: Mapping[str, Answers] = field(default_factory=dict)


def report(judgement: Judgement, observed: Observed, told: Told) -> dict[str, Any]:
    """All of a valuation; the page and the leaderboard are made of nothing else."""
    tasks = benchmarks(told.answers, told.trunk_answers, judgement.settings.alpha)
    return {
        "name": told.name,
        "trunk": told.trunk,
        "comparable": told.comparable,
        "sentence": sentence(judgement),
        "settings": judgement.settings.model_dump(mode="json"),
        "seeds": max(len(seeds) for seeds in observed.values()),
        "candidates": [_candidate(one) for one in judgement.candidates],
        "placebos": [{"arm": arm.label, **_effect(one)} for arm, one in judgement.placebos.items()],
        "arms": [_arm(arm, seeds, told.epochs) for arm, seeds in observed.items()],
        "benchmarks": tasks,
        "curves": {name: [list(point) for point in curve] for name, curve in told.curves.items()},
        "notes": [*judgement.notes, *told.notes, *unanswered(tasks)],
    }


def sentence(judgement: Judgement) -> str:
    """The verdict on all candidates, to be read first."""
    return " ".join(f"{one.name} is {one.verdict}: {'; '.join(one.reasons)}." for one in judgement.candidates)


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "name": one.name,
        "verdict": one.verdict,
        "reasons": list(one.reasons),
        "share": one.share,
        "response": one.response and _effect(one.response),
        "response_word": one.response_word,
        "doses": [_dose(row) for row in one.rows],
    }


def _dose(row: Row) -> dict[str, Any]:
    dose, found = row.dose, row.found
    effects = {name: getattr(dose, name) for name in EFFECTS}
    return {
        "arm": dose.arm.label,
        "share": dose.arm.share,
        "seeds": dose.seeds,
        **{name: one and _effect(one) for name, one in effects.items()},
        "shuffled": dose.shuffled and dose.shuffled.label,
        "shuffled_share": dose.shuffled and dose.shuffled.share,
        "explained": dose.explained,
        "adjusted": row.adjusted,
        "claim": row.claim,
        "wins": found.wins,
        "fails": found.fails,
        "more_seeds": found.more,
        "reasons": list(found.reasons),
    }


def _arm(arm: Arm, seeds: Sequence[Mapping[str, Any]], epochs: Mapping[Arm, float]) -> dict[str, Any]:
    measured = {name: [one[name].per_byte for one in seeds] for name in sorted(seeds[0])}
    return {"arm": arm.label, **arm._asdict(), "epochs": epochs.get(arm), "bits_per_byte": measured}


def _effect(one: Effect) -> dict[str, float]:
    return one._asdict()
