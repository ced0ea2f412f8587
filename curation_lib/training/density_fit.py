"""Fits the linear model of density: a logistic regression, each weight held to its signal's sign, and brevity."""

from __future__ import annotations

from typing import Any

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.text.density_signals import SIGNALS, SIGNS, Floats

PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Of squared weights, beside a mean loss: the cross-validation chooses the largest whose AUC is within one standard
error of the best (Hastie, Tibshirani and Friedman 2009, 7.10): signals that say the same share their weight."""

MOST_BREVITY = 16.0
"""Log odds for each halving: more than all signals together, so that length decides all."""


def cross_validated(z: Floats, dense: Any, sources: Any, weights: Floats) -> dict[float, dict[str, float]]:
    """AUC of each source's texts against all of the other label, trained without that source; by penalty."""
    found: dict[float, dict[str, float]] = {penalty: {} for penalty in PENALTIES}
    for source in np.unique(sources):
        out = sources == source
        for penalty in PENALTIES:
            w, bias = fit(z[~out], dense[~out], weights[~out] / weights[~out].sum(), penalty)
            score = z @ w + bias
            mixed = len(np.unique(dense[out])) == 2
            label = bool(dense[out][0])
            test = out if mixed else out | (dense != label)
            found[penalty][str(source)] = auc(score[test], dense[test])
    return found


def fit(z: Floats, dense: Any, weights: Floats, penalty: float, steps: int = 1_500) -> tuple[Floats, float]:
    """Weights and bias of a logistic regression, weights of the signs of SIGNS or 0, by projected gradient."""
    x = z * SIGNS
    y = np.where(dense, 1.0, -1.0)
    w, bias = np.zeros(len(SIGNALS)), 0.0
    curvature = 0.25 * (weights[:, None] * x**2).sum() + 0.25 + 2 * penalty
    for _ in range(steps):
        push = weights * y / (1 + np.exp(np.clip(y * (x @ w + bias), -30, 30)))
        w = np.maximum(0, w + (x.T @ push - 2 * penalty * w) / curvature)
        bias += float(push.sum() / curvature)
    return w * SIGNS + 0.0, bias  # no -0.0


def brevity(score: Floats, shortness: Floats, target: float) -> float:
    """The least b of 0 or more by which `score + b * shortness` has a rank correlation of `target` or less with length;
    0 where `target` is 0.

    score, shortness: float64[texts]; target: above -1, at most 0. The correlation never rises with b, as each two texts
    change places at most once. Raises ConfigError where no b up to MOST_BREVITY does it.
    """
    if target == 0 or rank_correlation(score, -shortness) <= target:
        return 0.0
    low, high = 0.0, MOST_BREVITY
    if rank_correlation(score + high * shortness, -shortness) > target:
        raise ConfigError(
            f"density: length_correlation {target:g} cannot be reached, the texts are too much of one length; "
            "set it nearer to 0, or give texts of other lengths"
        )
    for _ in range(50):
        middle = (low + high) / 2
        if rank_correlation(score + middle * shortness, -shortness) > target:
            low = middle
        else:
            high = middle
    return high


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's, ties by their mean rank; 0 where either is the same throughout."""
    a, b = (ranks - ranks.mean() for ranks in (_ranks(one), _ranks(other)))
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else 0.0


def _ranks(values: Floats) -> Floats:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    found: Floats = (np.cumsum(count) - (count - 1) / 2)[place]
    return found


def auc(score: Floats, positive: Any) -> float:
    """Share of pairs in which the positive one scores higher, ties half."""
    order = np.sort(score[~positive])
    below, upto = np.searchsorted(order, score[positive], "left"), np.searchsorted(order, score[positive], "right")
    return float((below + upto).mean() / 2 / max(1, len(order)))
