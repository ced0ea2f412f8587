"""Fits a law to runs, and tells by runs that it has not seen how well it ranks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import rankdata

from curation_lib.mix.search.laws import LAWS, Law
from curation_lib.mix.search.runs import Floats

HUBER = 0.01
"""Residuals of log loss beyond it count linearly, so that a run that diverged does not bend the law."""
RIDGE = 1e-3
"""How much coefficients are drawn to their mean, in units of log loss: what the data leaves open stays finite."""
FOLDS = 5
SEED = 8
RESAMPLES = 1000
"""For intervals of rank correlations."""


@dataclass(frozen=True)
class Fit:
    """A law with the params that fit."""

    law: Law
    params: Floats

    def predict(self, weights: Floats) -> Floats:
        """Losses, float64[n], of mixtures float64[n, domains]."""
        return self.law.predict(self.params, weights)

    def slopes(self, weights: Floats) -> Floats:
        """dL/dw, float64[n, domains]."""
        return self.law.slopes(self.params, weights)


class Ranked(NamedTuple):
    """How well losses of unseen mixtures were told: Spearman's rank correlation with its 95 % interval, and the root
    mean square error of log loss."""

    spearman: float
    low: float
    high: float
    error: float


def fit(law: Law, weights: Floats, losses: Floats, start: Floats | None = None) -> Fit:
    """The params with the smallest Huber loss of log loss, from `start` on."""
    logs = np.log(losses)
    matrix, centre = law.ridge(weights.shape[1])

    def residuals(params: Floats) -> Floats:
        return np.concatenate([np.log(law.predict(params, weights)) - logs, RIDGE * matrix @ (params - centre)])

    def jacobian(params: Floats) -> Floats:
        rows = law.sensitivity(params, weights) / law.predict(params, weights)[:, None]
        return np.vstack([rows, RIDGE * matrix])

    begun = law.start(weights, losses) if start is None else start
    found = least_squares(residuals, begun, jacobian, loss="huber", f_scale=HUBER, x_scale="jac", max_nfev=200)
    return Fit(law, found.x)


def out_of_fold(predict: Callable[[Floats, Floats, Floats], Floats], weights: Floats, losses: Floats) -> Floats:
    """Losses of each run as told by the runs of the other folds; predict(seen weights, seen losses, unseen weights)."""
    fold = np.random.default_rng(SEED).permutation(len(losses)) % FOLDS
    told = np.empty(len(losses))
    for n in range(FOLDS):
        seen, unseen = fold != n, fold == n
        told[unseen] = predict(weights[seen], losses[seen], weights[unseen])
    return told


def cross_validated(law: Law, weights: Floats, losses: Floats) -> Ranked:
    """How well a law tells runs that it has not seen."""
    return ranked(out_of_fold(lambda w, y, unseen: fit(law, w, y).predict(unseen), weights, losses), losses)


def best_law(weights: Floats, losses: Floats) -> tuple[Law, dict[str, Ranked]]:
    """The law with the smallest error on unseen runs, and how each did."""
    found = {law.name: cross_validated(law, weights, losses) for law in LAWS}
    return min(LAWS, key=lambda law: found[law.name].error), found


def ranked(told: Floats, losses: Floats) -> Ranked:
    """What was told beside what was; the interval is a bootstrap's over mixtures."""
    error = float(np.sqrt(np.mean((np.log(told) - np.log(losses)) ** 2)))
    rng = np.random.default_rng(SEED)
    drawn = [rng.integers(len(losses), size=len(losses)) for _ in range(RESAMPLES)]
    low, high = np.quantile([spearman(told[rows], losses[rows]) for rows in drawn], [0.025, 0.975])
    return Ranked(spearman(told, losses), float(low), float(high), error)


def spearman(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation; 0 where all of one side are alike."""
    ranks = np.stack([rankdata(one), rankdata(other)])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    scale = float(np.sqrt((centred**2).sum(axis=1).prod()))
    return float((centred[0] * centred[1]).sum()) / scale if scale else 0.0
