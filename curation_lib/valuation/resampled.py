"""Seeds and documents drawn anew: what arms might as well have measured.

Documents of a set are drawn with replacement, the same ones for every seed of every arm, since all were measured on the
same set. Seeds are drawn within each arm alone, since seeds of arms are not paired. With n seeds their spread comes out
too small by sqrt((n - 1) / n); each draw's distance from the arm's mean is made larger by the inverse (Davison and
Hinkley, Bootstrap Methods and their Application, 1997, section 3.2; Hesterberg 2015, arXiv 1411.5279, section 3.6).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.arms import Arm, Observed

Floats: TypeAlias = npt.NDArray[np.float64]
CELLS = 2_000_000
"""Counts of documents that are held at a time: 16 MB."""


class Resampled(NamedTuple):
    """measured: per set and arm that holds it float64[seeds], bits per byte. documents: the same with documents drawn
    anew, float64[draws, seeds]. seeds: per arm the weights of its seeds in each draw, float64[draws, seeds]; rows sum
    to 1."""

    measured: Mapping[str, Mapping[Arm, Floats]]
    documents: Mapping[str, Mapping[Arm, Floats]]
    seeds: Mapping[Arm, Floats]

    def sets(self, kind: str) -> list[str]:
        """Names of the measure sets `<kind>/…`, sorted."""
        return sorted(name for name in self.measured if name.partition("/")[0] == kind)


def resampled(observed: Observed, draws: int, seed: int = 0) -> Resampled:
    """`draws` of what was observed. A set's or an arm's draws do not depend on which others there are."""
    _check(observed)
    names = {name for told in observed.values() for name in told[0]}
    holding = {name: {arm: told for arm, told in observed.items() if name in told[0]} for name in sorted(names)}
    pairs = {name: _documents(told, name, draws, _rng(seed, name)) for name, told in holding.items()}
    seeds = {arm: _seeds(len(told), draws, _rng(seed, repr(tuple(arm)))) for arm, told in observed.items()}
    return Resampled({k: v[0] for k, v in pairs.items()}, {k: v[1] for k, v in pairs.items()}, seeds)


def _check(observed: Observed) -> None:
    for arm, told in observed.items():
        if len(told) < 2:
            raise ConfigError(
                f"seeds: {arm.label} has {len(told)}; from one seed nothing is known of the spread between seeds: "
                "set seeds to at least 2, better 5"
            )


def _rng(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _seeds(n: int, draws: int, rng: np.random.Generator) -> Floats:
    drawn: Floats = rng.multinomial(n, np.full(n, 1 / n), size=draws) / n
    weights: Floats = (drawn - 1 / n) * math.sqrt(n / (n - 1)) + 1 / n
    return weights


def _documents(
    observed: Observed, name: str, draws: int, rng: np.random.Generator
) -> tuple[dict[Arm, Floats], dict[Arm, Floats]]:
    """Bits per byte of each seed of each arm on the set: as measured, and with documents drawn anew."""
    bits = np.stack([one[name].bits for told in observed.values() for one in told], axis=1)
    size = next(iter(observed.values()))[0][name].bytes.astype(np.float64)
    drawn = np.empty((draws, bits.shape[1]))
    step = max(1, CELLS // len(size))
    for at in range(0, draws, step):
        counts = _counts(len(size), min(step, draws - at), rng)
        # einsum, not BLAS: sums come out the same however many threads there are
        drawn[at : at + step] = np.einsum("rd,ds->rs", counts, bits) / np.einsum("rd,d->r", counts, size)[:, None]
    return _by_arm(observed, bits.sum(axis=0) / size.sum()), _by_arm(observed, drawn)


def _counts(documents: int, rows: int, rng: np.random.Generator) -> Floats:
    """How often each document is drawn, float64[rows, documents]."""
    places = rng.integers(documents, size=(rows, documents)) + documents * np.arange(rows)[:, None]
    counted = np.bincount(places.ravel(), minlength=rows * documents)
    return counted.reshape(rows, documents).astype(np.float64)


def _by_arm(observed: Observed, values: Floats) -> dict[Arm, Floats]:
    ends = np.cumsum([len(told) for told in observed.values()])[:-1]
    return dict(zip(observed, np.split(values, ends, axis=-1), strict=True))
