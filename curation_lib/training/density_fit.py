"""Logistic regression over the signals of density, each weight held to its signal's sign."""

from __future__ import annotations

from typing import Any

import numpy as np

from curation_lib.text.density_signals import SIGNALS, SIGNS, Floats

PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Of squared weights, beside a mean loss: the cross-validation chooses the largest whose AUC is within one standard
error of the best (Hastie, Tibshirani and Friedman 2009, 7.10): signals that say the same share their weight."""


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


def auc(score: Floats, positive: Any) -> float:
    """Share of pairs in which the positive one scores higher, ties half."""
    order = np.sort(score[~positive])
    below, upto = np.searchsorted(order, score[positive], "left"), np.searchsorted(order, score[positive], "right")
    return float((below + upto).mean() / 2 / max(1, len(order)))
