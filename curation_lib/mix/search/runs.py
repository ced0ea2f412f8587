"""A table of proxy runs: per run a mixture of domains and what it lost; checked, and in an order of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation_lib.core.errors import ConfigError

Floats = NDArray[np.float64]

SUM_TOLERANCE = 0.01
"""How far a run's weights may be from 1 in sum, as rounded tables are (RegMix's by 0.004); they are divided by it."""


@dataclass(frozen=True)
class Runs:
    """weights: float64[runs, domains], rows sum to 1. losses: float64[runs, targets], above 0. parameters: sizes of the
    runs' models, float64[runs], or None where all are of one size."""

    domains: tuple[str, ...]
    weights: Floats
    targets: tuple[str, ...]
    losses: Floats
    parameters: Floats | None = None

    def __len__(self) -> int:
        return len(self.weights)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Runs:
        """These runs, as often as they are named."""
        sizes = None if self.parameters is None else self.parameters[rows]
        return Runs(self.domains, self.weights[rows], self.targets, self.losses[rows], sizes)

    def scales(self) -> list[float]:
        """The sizes of models that occur, smallest first; empty where the table does not say."""
        return [] if self.parameters is None else [float(size) for size in np.unique(self.parameters)]


def made_runs(
    domains: Sequence[str], weights: Floats, targets: Sequence[str], losses: Floats, parameters: Floats | None = None
) -> Runs:
    """The runs, sorted by what they hold, so that the order of a table's rows changes nothing.

    Raises ConfigError, naming column, row and remedy, for what is no number, weights below 0 or without a sum of 1,
    losses and sizes that are not above 0.
    """
    _require_numbers(domains, weights)
    _require_numbers(targets, losses)
    _require_at_least(domains, weights, 0, "a weight is a share of the run's tokens, 0 to 1")
    _require_at_least(targets, losses, np.nextafter(0, 1), "the logarithm of a loss is fitted, so it is above 0")
    if parameters is not None:
        _require_numbers(["parameters"], parameters[:, None])
        _require_at_least(["parameters"], parameters[:, None], 1, "write how many parameters the model has")
    _require_sums(domains, weights)
    shares = weights / weights.sum(axis=1, keepdims=True)
    sizes = np.ones(len(shares)) if parameters is None else parameters
    order = np.lexsort(np.column_stack([losses, shares, sizes]).T)
    found = Runs(tuple(domains), shares, tuple(targets), losses, parameters)
    return found.take(order)


def require_fittable(runs: Runs, coefficients: int, folds: int, where: str = "") -> None:
    """Raises ConfigError, its text after `where`, for runs that do not determine `coefficients` in each of `folds`."""
    least = -(-(coefficients + 1) * folds // (folds - 1))
    if len(runs) < least:
        raise ConfigError(
            f"{where}{len(runs)} runs do not determine {coefficients} coefficients, of {len(runs.domains)} domains: "
            f"add runs up to {least}, or join domains"
        )
    for name, column in zip(runs.domains, runs.weights.T, strict=True):
        if np.ptp(column) <= 1e-9:
            raise ConfigError(
                f"{where}domain {name}: its weight is {column[0]:g} in every run, so that its effect cannot be told; "
                "vary it, or leave the column out where it is 0"
            )


def _require_numbers(names: Sequence[str], values: Floats) -> None:
    for name, column in zip(names, values.T, strict=True):
        wrong = np.flatnonzero(~np.isfinite(column))
        if len(wrong):
            raise ConfigError(
                f"column {name}: row {wrong[0] + 1} holds no number ({len(wrong)} rows in all); fill it in or take the "
                "run out"
            )


def _require_at_least(names: Sequence[str], values: Floats, least: float, remedy: str) -> None:
    for name, column in zip(names, values.T, strict=True):
        wrong = np.flatnonzero(column < least)
        if len(wrong):
            raise ConfigError(f"column {name}: row {wrong[0] + 1} holds {column[wrong[0]]:g}; {remedy}")


def _require_sums(domains: Sequence[str], weights: Floats) -> None:
    sums = weights.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE)
    if len(wrong):
        raise ConfigError(
            f"row {wrong[0] + 1}: weights of {', '.join(domains[:3])}{', …' if len(domains) > 3 else ''} sum to "
            f"{sums[wrong[0]]:.4g}, not 1 ({len(wrong)} rows in all); name all columns of weights by --domains GLOB, "
            "or divide each row by its sum"
        )
