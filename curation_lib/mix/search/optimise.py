"""The mixture with the smallest predicted loss within limits. Laws and KL are convex, so there is one optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.fits import Fit
from curation_lib.mix.search.limits import Limits, divergence
from curation_lib.mix.search.runs import Floats

LEAST = 1e-7
"""The smallest weight that is tried: the slope of KL has no end at 0. Below DROPPED a weight is 0 in the answer."""
DROPPED = 1e-6
SLACK = 1e-5
"""By how much a limit may be missed by rounding."""


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


def optimum(objective: Objective, limits: Limits, start: Floats | None = None) -> Floats:
    """The best weights, float64[domains], sum 1.

    Raises ConfigError where no mixture is within the limits, saying which to widen.
    """
    upper = limits.upper()
    free = np.flatnonzero(upper > LEAST)
    if upper[free].sum() < 1:
        raise ConfigError(
            "caps leave no mixture: the largest weights of all domains sum to less than 1; raise --max-epochs"
        )
    begun = limits.natural if start is None else 0.9 * start + 0.1 * limits.natural
    found = _minimised(_Reduced(objective, limits, free), np.clip(begun, LEAST, upper)[free], upper[free])
    whole = np.zeros(len(upper))
    whole[free] = np.where(found < DROPPED, 0.0, found)
    whole /= whole.sum()
    _require_within(whole, limits, upper)
    return whole


@dataclass(frozen=True)
class _Reduced:
    """The problem over the domains that a mixture may have; losses in units of what they are at natural."""

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


def _minimised(problem: _Reduced, start: Floats, upper: Floats) -> Floats:
    """First over roots of weights, in which KL bends alike everywhere; in weights it bends as 1/w, and steps shrink.
    At a weight of 0 a root has no slope, so that a second pass, over weights, leaves corners where the first is stuck.
    """
    bounds = [(LEAST**0.5, most**0.5) for most in upper]
    constraints = [_over_roots(one) for one in problem.constraints()]
    rooted = _pass(
        lambda r: problem.loss(r**2),
        lambda r: problem.slopes(r**2) * 2 * r,
        np.sqrt(start / start.sum()),
        bounds,
        constraints,
        300,
    )
    first = np.clip(rooted**2, LEAST, upper)
    bounds = [(LEAST, most) for most in upper]
    second = _pass(problem.loss, problem.slopes, first, bounds, problem.constraints(), 60)
    return min((first, np.clip(second, 0.0, upper)), key=lambda w: (_missed(problem, w) > SLACK, problem.loss(w)))


def _pass(
    loss: Callable[[Floats], float],
    slopes: Callable[[Floats], Floats],
    start: Floats,
    bounds: Any,
    constraints: Any,
    most: int,
) -> Floats:
    """One run of SLSQP, on losses in hundredths of what they are at the start."""
    scale = 100 / loss(start)
    options = {"maxiter": most, "ftol": 1e-9}
    answer = minimize(
        lambda w: scale * loss(w),
        start,
        jac=lambda w: scale * slopes(w),
        method="SLSQP",
        bounds=bounds,
        constraints=constraints,
        options=options,
    )
    found: Floats = answer.x
    return found


def _missed(problem: _Reduced, weights: Floats) -> float:
    """By how much the constraint is missed that is missed most."""
    found = [(one["type"], float(one["fun"](weights))) for one in problem.constraints()]
    return max(abs(value) if kind == "eq" else -value for kind, value in found)


def _over_roots(constraint: dict[str, Any]) -> dict[str, Any]:
    value, slopes = constraint["fun"], constraint["jac"]
    return {**constraint, "fun": lambda r: value(r**2), "jac": lambda r: slopes(r**2) * 2 * r}


def _require_within(mixture: Floats, limits: Limits, upper: Floats) -> None:
    missed = []
    if limits.kl is not None and divergence(mixture, limits.natural) > limits.kl + SLACK:
        missed.append(f"--kl {limits.kl:g}")
    if np.any(mixture > upper + SLACK):
        missed.append("--max-epochs")
    if any(mask @ mixture > share + SLACK for mask, share in limits.together):
        missed.append("--license-cap")
    if missed:
        raise ConfigError(f"no mixture was found within {' and '.join(missed)}; widen one of the limits")
