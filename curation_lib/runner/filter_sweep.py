"""A sweep of filter rates, carried out: pools of what each rate keeps, runs at every scale, which rate is best at each.

What a store holds is not done again. `sweeps/<name>/<fingerprint>/`: `sweep.json`, `sweep.html` and `cost.json`
(see `audit/sweep_page.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from curation_lib.core.fingerprint import fingerprint
from curation_lib.runner.apart import TrainedOn, require_apart, require_several
from curation_lib.runner.kept_pools import kept_pools
from curation_lib.runner.pool_documents import documents, measure_view
from curation_lib.runner.pool_tokenizers import tokenizer_of
from curation_lib.runner.pools import facts_of, made_pools
from curation_lib.runner.session import Session
from curation_lib.runner.training import carry_out
from curation_lib.valuation.best_rate import Swept, swept
from curation_lib.valuation.filter_sweep import FilterSweep
from curation_lib.valuation.mixture_search import TARGET, sizes_of
from curation_lib.valuation.runs import Losses
from curation_lib.valuation.sweep import Cell, Kept, sweep

VERSION = 1
"""Bump when the same runs would come to another answer."""
DIGITS = 6


class SweepPlan(NamedTuple):
    """place: of the answer in the store. kept: what rates keep. target_tokens: of the run that is stood for.
    parameters: of each scale's model. cells: every run. flops: of their training."""

    place: str
    kept: tuple[Kept, ...]
    target_tokens: int
    parameters: tuple[int, ...]
    cells: tuple[Cell, ...]
    flops: float


def plan(asked: FilterSweep, session: Session) -> SweepPlan:
    """The runs, over pools that are made where they are not there. Raises ConfigError where the corpus holds what it is
    measured with, and models that do not grow."""
    corpus = documents(asked.corpus, session, "corpus")
    tokenizer = tokenizer_of(asked.tokenizer, corpus, session)
    named = {f"{TARGET}/{name}": one for name, one in asked.targets.items()}
    targets = {name: (documents(one, session, name), measure_view(one)) for name, one in named.items()}
    measures = made_pools(targets, tokenizer, session)
    kept = kept_pools(corpus, asked.ranking, (*asked.settings.rates, 1.0), tokenizer, session)
    *kept, whole = kept
    require_several(measures, session.store)
    require_apart({"corpus": TrainedOn(whole.pool)}, measures, session.store)
    target_tokens = asked.target_tokens or whole.tokens
    cells = sweep(kept, asked.scales, target_tokens, measures, asked.settings)
    vocabulary = facts_of(session.store, whole.pool)["vocabulary"]
    parameters = sizes_of(asked.scales, vocabulary)
    flops = sum(cell.run.tokens * cell.run.model.flops_per_token(vocabulary) for cell in cells)
    shapes = [VERSION, asked.settings.model_dump(mode="json"), asked.values(), [cell.run.print for cell in cells]]
    place = f"sweeps/{asked.sweep}/{fingerprint(shapes)}"
    return SweepPlan(place, tuple(kept), target_tokens, parameters, tuple(cells), flops)


def judge(asked: FilterSweep, planned: SweepPlan, session: Session) -> dict[str, Any]:
    """Trains what is not trained yet; the report: losses and best rate per scale, and whether scale moves it."""
    results = carry_out([cell.run for cell in planned.cells], session, "sweep")
    measured: dict[tuple[int, float], list[Mapping[str, Losses]]] = {}
    epochs: dict[tuple[int, float], float] = {}
    for cell, result in zip(planned.cells, results, strict=True):
        measured.setdefault((cell.scale, cell.rate), []).append(result.losses)
        epochs[cell.scale, cell.rate] = max(result.epochs.values())
    found = swept(measured, planned.parameters, asked.settings, asked.values())
    told = {
        "sweep": asked.sweep,
        "place": planned.place,
        "ranking": asked.ranking.model_dump(mode="json"),
        "targets": asked.values(),
        "target_tokens": planned.target_tokens,
        "seeds": asked.settings.seeds,
        "alpha": asked.settings.alpha,
        "kept": [one._asdict() for one in planned.kept],
        "flops": planned.flops,
    }
    return told | _told(found, asked, epochs)


def _told(found: Swept, asked: FilterSweep, epochs: Mapping[tuple[int, float], float]) -> dict[str, Any]:
    scales = [
        {
            "parameters": one.parameters,
            "tokens": scale.tokens,
            "best": round(one.best, DIGITS),
            "low": round(one.best_low, DIGITS),
            "high": round(one.best_high, DIGITS),
            "rates": [
                {
                    "rate": rate,
                    "epochs": round(epochs[n, rate], 2),
                    **{
                        name: round(float(getattr(one, of)[at]), DIGITS)
                        for name, of in (("loss", "losses"), ("low", "low"), ("high", "high"), ("chosen", "chosen"))
                    },
                }
                for at, rate in enumerate(found.rates)
            ],
        }
        for n, (one, scale) in enumerate(zip(found.scales, asked.scales, strict=True))
    ]
    slope = {name: round(getattr(found, of), DIGITS) for name, of in _SLOPE.items()}
    return {"scales": scales, "slope": slope, "claim": found.verdict, "verdict": verdict(found)}


_SLOPE = {"value": "slope", "low": "low", "high": "high"}


def verdict(found: Swept) -> str:
    """The claim in a sentence."""
    slope = f"log10 of the best rate per tenfold parameters {found.slope:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
    return f"That smaller models want the more aggressive filter: {found.verdict}; {slope}"
