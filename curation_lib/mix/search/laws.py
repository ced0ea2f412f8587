"""What a loss is as a function of a mixture. Each law is convex in the weights, so that it has one optimum.

`log_linear`: L = floor + exp(sum_j t_j w_j), of [Ye et al. 2024](https://arxiv.org/abs/2403.16952); weights sum to 1,
so that their factor k is part of every t.
`effective_data`: L = exp(a) (sum_j s_j w_j^q)^-b: what a domain is worth for the target grows with less than its
weight, and the loss falls as a power of the sum. The sum is that of the additive law of
[Shukor et al. 2025](https://arxiv.org/abs/2507.09404), here with one exponent q in (0, 1) for all domains and an outer
power b, as a scaling law has for tokens.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from curation_lib.mix.search.runs import Floats

LEAST = 1e-9
"""Weights below it count as it: a root's slope has no end at 0."""
BOUND = 60.0
"""Logarithms beyond it count as it, so that a step astray stays a number."""
_USUAL = [float(np.log(0.1)), 0.0]
"""log b and q's log-odds that a fit starts with: b = 0.1, q = 0.5."""


class Law(Protocol):
    """params: float64[coefficients]; weights: float64[n, domains]."""

    name: str

    def start(self, weights: Floats, losses: Floats) -> Floats:
        """Params to begin a fit with."""

    def predict(self, params: Floats, weights: Floats) -> Floats:
        """Losses, float64[n]."""

    def slopes(self, params: Floats, weights: Floats) -> Floats:
        """dL/dw, float64[n, domains]."""

    def sensitivity(self, params: Floats, weights: Floats) -> Floats:
        """dL/dparams, float64[n, coefficients]."""

    def ridge(self, domains: int) -> tuple[Floats, Floats]:
        """A matrix and a centre: params are drawn to where matrix @ (params - centre) is 0."""


class LogLinear:
    """params: the logarithm of the floor, then t of each domain."""

    name = "log_linear"

    def start(self, weights: Floats, losses: Floats) -> Floats:
        """Half of the smallest loss is floor, t by least squares."""
        floor = losses.min() / 2
        t = np.linalg.lstsq(weights, np.log(losses - floor), rcond=None)[0]
        return np.concatenate([[np.log(floor)], t])

    def predict(self, params: Floats, weights: Floats) -> Floats:
        losses: Floats = _floor(params) + self._above(params, weights)
        return losses

    def slopes(self, params: Floats, weights: Floats) -> Floats:
        return np.outer(self._above(params, weights), params[1:])

    def sensitivity(self, params: Floats, weights: Floats) -> Floats:
        above = self._above(params, weights)[:, None] * weights
        return np.column_stack([np.full(len(weights), _floor(params)), above])

    def ridge(self, domains: int) -> tuple[Floats, Floats]:
        """All t to each other; the floor to nothing."""
        return np.column_stack([np.zeros(domains), _centring(domains)]), np.zeros(domains + 1)

    def _above(self, params: Floats, weights: Floats) -> Floats:
        above: Floats = np.exp(np.clip(weights @ params[1:], -BOUND, BOUND))
        return above


class EffectiveData:
    """params: a, log b, q's log-odds, then log s of each domain."""

    name = "effective_data"

    def start(self, weights: Floats, losses: Floats) -> Floats:
        """The mean loss, b = 0.1, q = 0.5, all domains alike."""
        return np.concatenate([[np.log(losses).mean()], _USUAL, np.zeros(weights.shape[1])])

    def predict(self, params: Floats, weights: Floats) -> Floats:
        total = self._parts(params, weights)[1].sum(axis=1)
        losses: Floats = np.exp(np.clip(params[0] - _power(params) * np.log(total), -BOUND, BOUND))
        return losses

    def slopes(self, params: Floats, weights: Floats) -> Floats:
        q, parts = self._parts(params, weights)
        share = parts / parts.sum(axis=1, keepdims=True)
        outer = -_power(params) * self.predict(params, weights)
        slopes: Floats = outer[:, None] * q * share / np.maximum(weights, LEAST)
        return slopes

    def sensitivity(self, params: Floats, weights: Floats) -> Floats:
        q, parts = self._parts(params, weights)
        total, b = parts.sum(axis=1), _power(params)
        loss = self.predict(params, weights)
        share = parts / total[:, None]
        by_q = -b * loss * (share * np.log(np.maximum(weights, LEAST))).sum(axis=1) * q * (1 - q)
        return np.column_stack([loss, -b * np.log(total) * loss, by_q, -b * loss[:, None] * share])

    def ridge(self, domains: int) -> tuple[Floats, Floats]:
        """All log s to each other, b and q to what they start with."""
        matrix = np.zeros((domains + 2, domains + 3))
        matrix[:2, 1:3], matrix[2:, 3:] = np.eye(2), _centring(domains)
        return matrix, np.concatenate([[0.0], _USUAL, np.zeros(domains)])

    def _parts(self, params: Floats, weights: Floats) -> tuple[float, Floats]:
        q = float(1 / (1 + np.exp(-params[2])))
        return q, np.maximum(weights, LEAST) ** q * np.exp(np.clip(params[3:], -BOUND, BOUND))


def _floor(params: Floats) -> float:
    return float(np.exp(np.clip(params[0], -BOUND, BOUND)))


def _power(params: Floats) -> float:
    return float(np.exp(min(params[1], 5.0)))


def _centring(domains: int) -> Floats:
    """Takes away most of the mean: only differences count in the fit, a thousandth of the mean keeps it in place."""
    return np.eye(domains) - (1 - 1e-3) / domains


LAWS: tuple[Law, ...] = (LogLinear(), EffectiveData())


def coefficients(weights: Floats) -> int:
    """How many the law with the most has, for mixtures float64[n, domains]."""
    return max(len(law.start(weights, np.ones(len(weights)))) for law in LAWS)
