"""The difference between two arms: how large, how sure.

A plain percentile bootstrap of two or five seeds is far too narrow. So the bootstrap gives the standard error only; the
interval and p are Student's t with the degrees of freedom of Welch and Satterthwaite, of the seeds alone (Hesterberg
2015, arXiv 1411.5279, sections 3.6 and 5.3; Welch 1947, Biometrika 34). `tests/valuation/test_effects.py` simulates how
often that finds what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import stats

from curation_lib.valuation.arms import Arm
from curation_lib.valuation.resampled import Floats, Resampled

ROUNDING = 1e-12
"""Bits per byte: errors that are smaller are those of sums of floats."""


class Effect(NamedTuple):
    """Bits per byte. value: first arm less the second. error: its standard error; of_documents: the part that more
    seeds do not make smaller. df: degrees of freedom. low, high: interval with 1 - 2 * alpha. p: one-sided, of a value
    that is not above 0. p_below: of one that is not below 0."""

    value: float
    error: float
    of_documents: float
    df: float
    low: float
    high: float
    p: float
    p_below: float


def effect(drawn: Resampled, first: Arm, second: Arm, sets: Mapping[str, float], alpha: float) -> Effect:
    """The first arm's weighted sum of bits per byte over `sets` less the second's; `sets`: weights by name."""
    seeds = [_weighted({name: drawn.measured[name][arm] for name in sets}, sets) for arm in (first, second)]
    value = float(seeds[0].mean() - seeds[1].mean())
    documents = [_weighted({name: drawn.documents[name][arm] for name in sets}, sets) for arm in (first, second)]
    draws = [(values * drawn.seeds[arm]).sum(axis=1) for values, arm in zip(documents, (first, second), strict=True)]
    whole = np.var(draws[0] - draws[1], ddof=1)
    common = np.var(documents[0].mean(axis=1) - documents[1].mean(axis=1), ddof=1)
    own = sum(_own(values) for values in documents)
    least = sum(np.var(one, ddof=1) / len(one) for one in seeds)
    error, of_documents = np.sqrt(max(whole - 2 * own, least)), np.sqrt(max(common - own, 0.0))
    return judged(value, float(error), float(of_documents), degrees(*seeds), alpha)


def _own(documents: Floats) -> float:
    """Variance of an arm's mean by what each seed made of each document by itself. Draws of seeds hold it, so do draws
    of documents, and both drawn together do once more: three times what it is (Owen 2007, Annals of Applied Statistics
    1). documents: [draws, seeds]."""
    seeds = documents.shape[1]
    single, mean = np.var(documents, axis=0, ddof=1).mean(), np.var(documents.mean(axis=1), ddof=1)
    return float((single - mean) / (seeds - 1))


def lower(drawn: Resampled, arm: Arm, than: Arm, kind: str, alpha: float) -> Effect:
    """By how much an arm is below another, measure sets of a kind (`target`, `guard`, `task`) averaged equally."""
    names = drawn.sets(kind)
    return effect(drawn, than, arm, {name: 1 / len(names) for name in names}, alpha)


def judged(value: float, error: float, of_documents: float, df: float, alpha: float) -> Effect:
    """Interval and p of a value. Where nothing varied, the value is what it is."""
    half = float(stats.t.ppf(1 - alpha, df)) * error
    if error < ROUNDING:
        p, below = float(value <= 0), float(value >= 0)
    else:
        p, below = float(stats.t.sf(value / error, df)), float(stats.t.cdf(value / error, df))
    return Effect(value, error, of_documents, df, value - half, value + half, p, below)


def degrees(first: Floats, second: Floats) -> float:
    """Welch and Satterthwaite's degrees of freedom of two arms' seeds; where none varied, all of them."""
    spread = np.array([np.var(one, ddof=1) / len(one) for one in (first, second)])
    free = np.array([len(first) - 1, len(second) - 1])
    if spread.sum() < ROUNDING**2:
        return float(free.sum())
    share = spread / spread.sum()
    return float(1 / (share**2 / free).sum())


def holm(p: Mapping[object, float]) -> dict[object, float]:
    """Adjusted p of a family of tests (Holm 1979, Scandinavian Journal of Statistics 6)."""
    adjusted, floor = {}, 0.0
    for rank, name in enumerate(sorted(p, key=lambda one: p[one])):
        floor = max(floor, min(1.0, (len(p) - rank) * p[name]))
        adjusted[name] = floor
    return {name: adjusted[name] for name in p}


def _weighted(values: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    summed: Floats = np.sum([weights[name] * values[name] for name in weights], axis=0)
    return summed
