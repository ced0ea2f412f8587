"""Whether the optimum is worth shipping: it has to beat UniMax by more than what other runs would have said.

Runs are drawn anew; each draw refits the laws and has an optimum of its own. The spread of the gain is that of the
draws. An optimum looks best where noise favoured it; by how much more each draw's optimum gains under its own laws than
under those of all runs estimates that optimism, which is taken off (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993, section 17.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from curation_lib.mix.search.baselines import UNIMAX
from curation_lib.mix.search.boosted import boosted
from curation_lib.mix.search.fits import SEED, Ranked, best_law, fit, out_of_fold, ranked
from curation_lib.mix.search.limits import Limits
from curation_lib.mix.search.one_thread import one_thread
from curation_lib.mix.search.optimise import optimum
from curation_lib.mix.search.problem import Objective
from curation_lib.mix.search.runs import Floats, Runs

OPTIMUM = "optimum"
BOOSTED = "lightgbm"
INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Searched:
    """mixtures: float64[domains] by name, the optimum first. losses: per mixture its predicted loss, and the same by
    LightGBM. draws: losses float64[draws] per mixture; weights: float64[draws, domains] of each draw's optimum. gain:
    UniMax's loss less the optimum's, optimism taken off; gains: of each draw, likewise. told: per target how well each
    law and LightGBM tell unseen runs."""

    objective: Objective
    mixtures: dict[str, Floats]
    losses: dict[str, float]
    boosted: dict[str, float]
    draws: dict[str, Floats]
    weights: Floats
    optimism: float
    gain: float
    gains: Floats
    told: dict[str, dict[str, Ranked]]

    @property
    def ships(self) -> bool:
        """The gain's interval is above 0, and LightGBM does not say the contrary."""
        return float(self.interval(self.gains)[0]) > 0 and self.boosted[OPTIMUM] < self.boosted[UNIMAX]

    @staticmethod
    def interval(values: Floats) -> Floats:
        """95 %, along the draws: float64[2] or [2, domains]."""
        found: Floats = np.quantile(values, INTERVAL, axis=0)
        return found


@one_thread
def searched(runs: Runs, values: Floats, limits: Limits, others: Mapping[str, Floats], draws: int) -> Searched:
    """The optimum for the weighted sum of targets, beside `others` (UniMax among them), with `draws` of the runs."""
    told, laws = {}, []
    for target, losses in zip(runs.targets, runs.losses.T, strict=True):
        law, by_law = best_law(runs.weights, losses)
        laws.append(law)
        trees = out_of_fold(lambda w, y, unseen: boosted(w, y)(unseen), runs.weights, losses)
        told[target] = {**by_law, BOOSTED: ranked(trees, losses)}
    fits = tuple(fit(law, runs.weights, losses) for law, losses in zip(laws, runs.losses.T, strict=True))
    objective = Objective(fits, values)
    mixtures = {OPTIMUM: optimum(objective, limits), **others}
    return _drawn(runs, objective, limits, mixtures, draws, told)


def _drawn(
    runs: Runs,
    objective: Objective,
    limits: Limits,
    mixtures: dict[str, Floats],
    draws: int,
    told: dict[str, dict[str, Ranked]],
) -> Searched:
    rng = np.random.default_rng(SEED)
    rows, best, excess = [], [], []
    for _ in range(draws):
        other = refitted(objective, runs.take(rng.integers(len(runs), size=len(runs))))
        own = optimum(other, limits, mixtures[OPTIMUM])
        rows.append([other.at(mixture) for mixture in mixtures.values()])
        best.append(own)
        excess.append(gain_of(other.at, own, mixtures) - gain_of(objective.at, own, mixtures))
    table = dict(zip(mixtures, np.array(rows).T, strict=True))
    optimism = float(np.mean(excess))
    gain = gain_of(objective.at, mixtures[OPTIMUM], mixtures) - optimism
    gains = table[UNIMAX] - table[OPTIMUM] - optimism
    losses = {name: objective.at(mixture) for name, mixture in mixtures.items()}
    trees = _boosted(runs, objective.values, mixtures)
    return Searched(objective, mixtures, losses, trees, table, np.array(best), optimism, gain, gains, told)


def refitted(objective: Objective, runs: Runs) -> Objective:
    """The same laws, fitted to other runs."""
    fits = [fit(f.law, runs.weights, y, f.params) for f, y in zip(objective.fits, runs.losses.T, strict=True)]
    return Objective(tuple(fits), objective.values)


def gain_of(loss: Callable[[Floats], float], mixture: Floats, mixtures: Mapping[str, Floats]) -> float:
    """By how much less a mixture loses than UniMax."""
    return loss(mixtures[UNIMAX]) - loss(mixture)


def _boosted(runs: Runs, values: Floats, mixtures: Mapping[str, Floats]) -> dict[str, float]:
    rows = np.array(list(mixtures.values()))
    told = [value * boosted(runs.weights, y)(rows) for value, y in zip(values, runs.losses.T, strict=True)]
    return dict(zip(mixtures, np.sum(told, axis=0).tolist(), strict=True))
