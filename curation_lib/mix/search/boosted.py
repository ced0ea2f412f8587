"""LightGBM as a second opinion on a law: it assumes no form, so where both agree the form is not what speaks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.runs import Floats

ROUNDS = 1000
SETTINGS = {
    "objective": "regression",
    "learning_rate": 0.01,
    "num_leaves": 8,
    "min_data_in_leaf": 5,
    "seed": 42,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
"""Rounds and rate as RegMix takes them ([Liu et al. 2024](https://arxiv.org/abs/2407.01492)), smaller trees for smaller
swarms; one thread and a seed make the same trees each time."""


def boosted(weights: Floats, losses: Floats) -> Callable[[Floats], Floats]:
    """Trees fitted to log losses; returns what tells losses, float64[n], of mixtures float64[n, domains].

    Raises ConfigError, naming the package, where this machine lacks what LightGBM needs.
    """
    try:
        import lightgbm
    except OSError as e:
        raise ConfigError(f"LightGBM cannot be loaded: {e}; on Debian or Ubuntu: apt-get install libgomp1") from None
    trees = lightgbm.train(dict(SETTINGS), lightgbm.Dataset(weights, np.log(losses)), ROUNDS)
    return lambda mixtures: np.exp(np.asarray(trees.predict(mixtures, num_threads=1), np.float64))
