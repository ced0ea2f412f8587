"""The mixture with the smallest predicted loss within limits. Laws and KL are convex, so there is one optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.fits import Fit
from curation_lib.mix.search.laws import LogLinear
from curation_lib.mix.search.limits import Limits, divergence
from curation_lib.mix.search.problem import LEAST, Objective, Problem
from curation_lib.mix.search.runs import Floats

DROPPED = 1e-6
"""Weights below it are 0 in the answer."""
SLACK = 1e-5
"""By how much a limit may be missed by rounding."""


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
    problem = Problem(objective, limits, free)
    found = problem.whole(_minimised(problem, np.clip(begun, LEAST, upper)[free], upper[free]))
    kept = np.where(found < DROPPED, 0.0, found)
    whole = _pulled_back(kept / kept.sum(), limits, upper)
    if missed := _broken(whole, limits, upper):
        raise ConfigError(f"no mixture was found within {' and '.join(missed)}; widen one of the limits")
    return whole


def nearest_natural(limits: Limits) -> Floats:
    """Of the mixtures within limits the one with the least KL to natural. Raises ConfigError where there is none."""
    flat = Fit(LogLinear(), np.zeros(1 + len(limits.natural)))
    return optimum(Objective((flat,), np.ones(1)), replace(limits, penalty=1.0))


def _pulled_back(mixture: Floats, limits: Limits, upper: Floats) -> Floats:
    """The mixture, or where a step ended outside of the limits the last one inside, on the way from natural to it."""
    if not _broken(mixture, limits, upper) or _broken(limits.natural, limits, upper):
        return mixture
    inside, outside = 0.0, 1.0
    for _ in range(40):
        half = (inside + outside) / 2
        broken = _broken(limits.natural + half * (mixture - limits.natural), limits, upper)
        inside, outside = (inside, half) if broken else (half, outside)
    return limits.natural + inside * (mixture - limits.natural)


def _minimised(problem: Problem, start: Floats, upper: Floats) -> Floats:
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


def _missed(problem: Problem, weights: Floats) -> float:
    """By how much the constraint is missed that is missed most."""
    found = [(one["type"], float(one["fun"](weights))) for one in problem.constraints()]
    return max(abs(value) if kind == "eq" else -value for kind, value in found)


def _over_roots(constraint: dict[str, Any]) -> dict[str, Any]:
    value, slopes = constraint["fun"], constraint["jac"]
    return {**constraint, "fun": lambda r: value(r**2), "jac": lambda r: slopes(r**2) * 2 * r}


def _broken(mixture: Floats, limits: Limits, upper: Floats) -> list[str]:
    """The options whose limits a mixture misses."""
    missed = []
    if limits.kl is not None and divergence(mixture, limits.natural) > limits.kl + SLACK:
        missed.append(f"--kl {limits.kl:g}")
    if np.any(mixture > upper + SLACK):
        missed.append("--max-epochs")
    if any(mask @ mixture > share + SLACK for mask, share in limits.together):
        missed.append("--license-cap")
    return missed
