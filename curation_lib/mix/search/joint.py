"""One mixture for all scales, or one that drifts with them? What tells the largest scale from the smaller ones decides.

`one_mixture` is additive, as in [Shukor et al. 2025](https://arxiv.org/abs/2507.09404): a part by mixture
(`effective_data`) and a part by size, exp(c) (N / N0)^-alpha, N0 the smallest size. Its best mixture is the same at
every scale. `drifting` lets what a domain is worth grow or shrink with log10 N. Both are fitted to all scales but the
largest. The second has more coefficients, and is chosen only where it is better outside of the draws' interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from curation_lib.mix.search.fits import HUBER, RIDGE, SEED, spearman
from curation_lib.mix.search.laws import BOUND, EffectiveData
from curation_lib.mix.search.runs import Floats, Runs

ONE, DRIFTING = "one_mixture", "drifting"
DRIFT_RIDGE = 0.01
"""How much drifts are drawn to 0, in units of log loss: of two scales they would follow the noise of both."""
STEPS = 20
"""Of a fit to drawn runs, which begins where that to all runs ended."""
_MIXED = EffectiveData()
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """How a law tells the runs of the largest scale from all smaller ones. error: root mean square of log loss; shape:
    the same with the level taken off, which moves no optimum; spearman: rank correlation."""

    error: float
    shape: float
    spearman: float


@dataclass(frozen=True)
class LeftOut:
    """laws: what each told. low, high: the 95 % interval, over draws of all runs with both laws fitted anew, of the
    squared shape of `drifting` less that of `one_mixture`."""

    laws: Mapping[str, Told]
    low: float
    high: float

    @property
    def choice(self) -> str:
        """The law to go by."""
        return DRIFTING if self.high < 0 else ONE


def leave_largest_out(runs: Runs, draws: int) -> LeftOut | None:
    """Both laws for the first target, with `draws` of the runs; None where fewer than two scales would be left."""
    scales = runs.scales()
    if len(scales) < 3 or runs.parameters is None:
        return None
    seen, unseen = runs.take(runs.parameters < scales[-1]), runs.take(runs.parameters == scales[-1])
    one, drifting = both(seen)
    told = {name: predicted(params, unseen, scales[0]) for name, params in ((ONE, one), (DRIFTING, drifting))}
    losses = unseen.losses[:, 0]
    rng = np.random.default_rng(SEED)
    worse = [_worse(_drawn(seen, rng), _drawn(unseen, rng), one, drifting, scales[0]) for _ in range(draws)]
    low, high = np.quantile(worse, [0.025, 0.975])
    return LeftOut({name: _told(one, losses) for name, one in told.items()}, float(low), float(high))


def both(runs: Runs) -> tuple[Floats, Floats]:
    """The params of `one_mixture` and of `drifting` that fit the first target of runs at two scales or more."""
    one = _fitted(runs, _start(runs), False)
    return one, _fitted(runs, np.concatenate([one, np.zeros(len(runs.domains))]), True)


def mixed_at(params: Floats, domains: int, far: float) -> Floats:
    """The params of `effective_data` in either law's, `far` tenfold sizes above the smallest."""
    own, drifts = params[: domains + 3], params[domains + 5 :]
    return np.concatenate([own[:3], own[3:] + far * drifts]) if len(drifts) else own


def _drawn(runs: Runs, rng: np.random.Generator) -> Runs:
    return runs.take(rng.integers(len(runs), size=len(runs)))


def _worse(seen: Runs, unseen: Runs, one: Floats, drifting: Floats, smallest: float) -> float:
    """By how much `drifting` tells these runs worse, both laws fitted to those from where they stood."""
    again = _fitted(seen, one, False, STEPS), _fitted(seen, drifting, True, STEPS)
    off = np.log(np.array([predicted(params, unseen, smallest) for params in again]) / unseen.losses[:, 0])
    stays, drifts = _shapes(off)
    return float(drifts - stays)


def _shapes(off: Floats) -> Floats:
    """Mean squares, float64[laws], of errors float64[laws, runs] without their level."""
    found: Floats = np.var(off, axis=1)
    return found


def _told(told: Floats, losses: Floats) -> Told:
    off = np.log(told / losses)
    return Told(float(np.sqrt(np.mean(off**2))), float(np.std(off)), spearman(told, losses))


def predicted(params: Floats, runs: Runs, smallest: float) -> Floats:
    """Losses, float64[n]. params: those of `effective_data`, then c, log alpha, and where domains drift one each, in
    log s per tenfold size."""
    found = np.empty(len(runs))
    for rows, moved, by_size, _ in _by_scale(params, runs, smallest):
        found[rows] = _MIXED.predict(moved, runs.weights[rows]) + by_size
    return found


def sensitivity(params: Floats, runs: Runs, smallest: float) -> Floats:
    """d losses / d params, float64[n, params]."""
    domains = len(runs.domains)
    found = np.zeros((len(runs), len(params)))
    for rows, moved, by_size, x in _by_scale(params, runs, smallest):
        mixed = _MIXED.sensitivity(moved, runs.weights[rows])
        found[rows, : domains + 3] = mixed
        found[rows, domains + 3] = by_size
        found[rows, domains + 4] = -by_size * _alpha(params, domains) * x * np.log(10)
        if len(params) > domains + 5:
            found[rows, domains + 5 :] = x * mixed[:, 3:]
    return found


def _by_scale(params: Floats, runs: Runs, smallest: float) -> Iterator[tuple[Mask, Floats, float, float]]:
    """Of each scale: its rows, the params of its mixtures' part, its part by size, log10 of N / N0."""
    domains = len(runs.domains)
    far = np.log10(np.asarray(runs.parameters) / smallest)
    for x in np.unique(far).tolist():
        by_size = np.exp(np.clip(params[domains + 3] - _alpha(params, domains) * x * np.log(10), -BOUND, BOUND))
        yield far == x, mixed_at(params, domains, x), float(by_size), x


def _alpha(params: Floats, domains: int) -> float:
    return float(np.exp(min(params[domains + 4], 5.0)))


def _start(seen: Runs) -> Floats:
    """Half of the smallest loss is the mixture's part, the rest falls with N^-0.1."""
    losses = seen.losses[:, 0]
    own = _MIXED.start(seen.weights, np.full(len(losses), losses.min() / 2))
    first = losses[np.asarray(seen.parameters) == seen.scales()[0]]
    return np.concatenate([own, [np.log(first.mean() - losses.min() / 2), np.log(0.1)]])


def _fitted(seen: Runs, start: Floats, drifting: bool, steps: int = 200) -> Floats:
    logs, domains, smallest = np.log(seen.losses[:, 0]), len(seen.domains), seen.scales()[0]
    matrix, centre = _MIXED.ridge(domains)

    def residuals(params: Floats) -> Floats:
        parts = [np.log(predicted(params, seen, smallest)) - logs, RIDGE * matrix @ (params[: domains + 3] - centre)]
        return np.concatenate([*parts, DRIFT_RIDGE * params[-domains:]] if drifting else parts)

    def jacobian(params: Floats) -> Floats:
        rows = sensitivity(params, seen, smallest) / predicted(params, seen, smallest)[:, None]
        more = np.zeros((len(matrix) + domains * drifting, len(params)))
        more[: len(matrix), : domains + 3] = RIDGE * matrix
        if drifting:
            more[len(matrix) :, -domains:] = DRIFT_RIDGE * np.eye(domains)
        return np.vstack([rows, more])

    found: Floats = least_squares(
        residuals, start, jacobian, loss="huber", f_scale=HUBER, x_scale="jac", max_nfev=steps
    ).x
    return found
