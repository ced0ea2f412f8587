"""What a finished swarm says: the best mixture by a law of its runs, and by runs of that mixture beside UniMax's."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import yaml

from curation_lib.mix.search.answer import answer
from curation_lib.mix.search.joint import DRIFTING
from curation_lib.mix.search.runs import Floats
from curation_lib.runner.mixture_question import question
from curation_lib.runner.mixture_search import SearchPlan, rows, run_swarm, table
from curation_lib.runner.session import Session
from curation_lib.runner.training import carry_out
from curation_lib.valuation.confirmation import OPTIMUM, TRAINED, UNIMAX, Confirmed, confirmed
from curation_lib.valuation.mixture_search import MixtureSearch
from curation_lib.valuation.proxy import proxy_run
from curation_lib.valuation.runs import Run, RunResult
from curation_lib.valuation.swarm import APART

RUNS, NATURAL = "runs.csv", "natural.yaml"
FIRST_SEED = 1_000 * APART
"""Of runs that confirm: no run of a swarm has it."""
DIGITS = 6


def fit(search: MixtureSearch, planned: SearchPlan, session: Session) -> dict[str, Any]:
    """The report: that of `winnow mix optimise` on the swarm's table, and what the confirming runs say. What ships is
    decided by those: the optimum only where it beat UniMax outside of noise. Writes runs.csv and natural.yaml."""
    results = run_swarm(planned, session)
    _write(planned, rows(search, planned, results), session)
    report = answer(table(search, planned, results), question(search), planned.natural, search.draws)
    runs = confirming(search, planned, report)
    found = _confirmed(search, carry_out(runs, session, "confirm"))
    told = {
        "search": search.search,
        "place": planned.place,
        "flops": planned.flops + sum(one.tokens * one.model.flops_per_token(planned.vocabulary) for one in runs),
        "fit": {"ships": report["ships"], "verdict": report["verdict"]},
        "confirmation": _told(found, search),
        "ships": found.ships,
        "mixture": OPTIMUM if found.ships else UNIMAX,
        "verdict": verdict(found, search),
    }
    return report | told | {"notes": [*report["notes"], *_notes(report, found)]}


def _write(planned: SearchPlan, told: list[dict[str, Any]], session: Session) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(told[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(told)
    session.store.put(f"{planned.place}/{RUNS}", text.getvalue().encode())
    natural = {one.name: {"tokens": one.held, "license": planned.natural.licenses[one.name]} for one in planned.sources}
    session.store.put(f"{planned.place}/{NATURAL}", yaml.safe_dump(natural, sort_keys=False).encode())


def _weights(report: Mapping[str, Any], search: MixtureSearch) -> dict[str, Floats]:
    by_name = {row["domain"]: row for row in report["domains"]}
    found = {kind: np.array([by_name[name][kind] for name in search.sources]) for kind in TRAINED}
    return {kind: weights / weights.sum() for kind, weights in found.items()}


def confirming(search: MixtureSearch, planned: SearchPlan, report: Mapping[str, Any]) -> list[Run]:
    """The runs that confirm the mixtures of a fit's report, or of a finished search's."""
    weights, seeds, scale = _weights(report, search), search.confirmation.seeds, search.scales[-1]
    return [
        proxy_run(
            weights[kind],
            planned.sources,
            scale,
            search.target_run.tokens,
            planned.measures,
            FIRST_SEED + place * seeds + seed,
            seed,
            seeds,
        )
        for place, kind in enumerate(TRAINED)
        for seed in range(seeds)
    ]


def _confirmed(search: MixtureSearch, results: Sequence[RunResult]) -> Confirmed:
    seeds, losses = search.confirmation.seeds, [one.losses for one in results]
    measured = {kind: losses[place * seeds : (place + 1) * seeds] for place, kind in enumerate(TRAINED)}
    return confirmed(measured, search.values(), search.confirmation)


def _told(found: Confirmed, search: MixtureSearch) -> dict[str, Any]:
    settings = search.confirmation
    over = {
        name: {key: round(value, DIGITS) for key, value in one._asdict().items()} for name, one in found.over.items()
    }
    losses = {name: [round(value, DIGITS) for value in seeds] for name, seeds in found.losses.items()}
    return {"seeds": settings.seeds, "alpha": settings.alpha, "over": over, "losses": losses, "ships": found.ships}


def verdict(found: Confirmed, search: MixtureSearch) -> str:
    """What ships and why, in a sentence."""
    gain = found.over[UNIMAX]
    told = f"{gain.value:.4f} ({gain.low:.4f} to {gain.high:.4f}) bits per byte"
    trained = f"trained {search.confirmation.seeds} times each at the largest scale"
    if found.ships:
        return f"Ship the optimum: {trained}, it loses {told} less than UniMax"
    return f"Ship UniMax: {trained}, the optimum does not beat it outside of noise, its gain is {told}"


def _notes(report: Mapping[str, Any], found: Confirmed) -> list[str]:
    told = []
    if report["ships"] != found.ships:
        by, not_by = ("the fit", "runs of both") if report["ships"] else ("runs of both", "the fit")
        told.append(f"the optimum is below UniMax outside of noise by {by}, not by {not_by}; the runs decide")
    left_out = report["claim"] and report["claim"]["left_out"]
    if left_out and left_out["choice"] == DRIFTING:
        told.append("the best mixture drifts with scale: a swarm at a scale nearer to the target run's would tell more")
    return told
