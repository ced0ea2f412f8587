"""What is minimised: a weighted sum of predicted losses, and where it is penalised, the distance to natural."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from curation_lib.mix.search.fits import Fit
from curation_lib.mix.search.limits import Limits
from curation_lib.mix.search.runs import Floats

LEAST = 1e-7
"""The smallest weight that is tried: the slope of KL has no end at 0."""


@dataclass(frozen=True)
class Objective:
    """A weighted sum of predicted losses. fits: one per target; values: float64[targets], sum to 1."""

    fits: tuple[Fit, ...]
    values: Floats

    def predict(self, mixtures: Floats) -> Floats:
        """float64[n] of mixtures float64[n, domains]."""
        return sum(
            (v * f.predict(mixtures) for f, v in zip(self.fits, self.values, strict=True)), np.zeros(len(mixtures))
        )

    def at(self, mixture: Floats) -> float:
        """Of one mixture, float64[domains]."""
        return float(self.predict(mixture[None])[0])

    def slopes(self, mixture: Floats) -> Floats:
        """float64[domains]."""
        return sum((v * f.slopes(mixture[None])[0] for f, v in zip(self.fits, self.values, strict=True)), 0 * mixture)


@dataclass(frozen=True)
class Problem:
    """The objective and its constraints over the domains `free` (their numbers) that a mixture may have."""

    objective: Objective
    limits: Limits
    free: Any

    def whole(self, weights: Floats) -> Floats:
        full = np.zeros(len(self.limits.natural))
        full[self.free] = weights
        return full

    def loss(self, weights: Floats) -> float:
        penalty = self.limits.penalty * self.kl(weights) if self.limits.penalty else 0.0
        return self.objective.at(self.whole(weights)) + penalty

    def slopes(self, weights: Floats) -> Floats:
        found: Floats = self.objective.slopes(self.whole(weights))[self.free]
        return found if not self.limits.penalty else found + self.limits.penalty * self.kl_slopes(weights)

    def kl(self, weights: Floats) -> float:
        natural = self.limits.natural[self.free]
        return float(np.sum(weights * np.log(np.maximum(weights, LEAST) / natural)))

    def kl_slopes(self, weights: Floats) -> Floats:
        found: Floats = np.log(np.maximum(weights, LEAST) / self.limits.natural[self.free]) + 1
        return found

    def constraints(self) -> list[dict[str, Any]]:
        ones = np.ones(len(self.free))
        found = [{"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: ones}]
        if self.limits.kl is not None:
            most = self.limits.kl
            found.append({"type": "ineq", "fun": lambda w: most - self.kl(w), "jac": lambda w: -self.kl_slopes(w)})
        for mask, share in self.limits.together:
            row = mask[self.free]
            found.append({"type": "ineq", "fun": lambda w, r=row, s=share: s - r @ w, "jac": lambda w, r=row: -r})
        return found
