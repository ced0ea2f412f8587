"""Swarms of proxy runs whose law is known."""

from __future__ import annotations

import numpy as np

from curation_lib.mix.search.runs import made_runs

DOMAINS = ("books", "code", "web", "wiki")
NATURAL = np.array([0.2, 0.2, 0.5, 0.1])


def effective(weights, worth, power=0.1, root=0.6, scale=4.0):
    """Losses under the effective-data law, float64[n]."""
    return scale * (np.maximum(weights, 1e-9) ** root @ np.asarray(worth)) ** -power


def swarm(losses, runs=80, noise=0.002, seed=1, parameters=None):
    """Runs of mixtures around NATURAL; losses: a function of weights float64[n, 4]."""
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(4 * NATURAL, size=runs)
    lost = losses(weights) * np.exp(noise * rng.standard_normal(runs))
    sizes = None if parameters is None else np.full(runs, float(parameters))
    return made_runs(DOMAINS, weights, ["loss"], lost[:, None], sizes)


def together(*parts):
    """Runs of several scales as one table."""
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ("weights", "losses", "parameters")]
    return made_runs(parts[0].domains, columns[0], parts[0].targets, columns[1], columns[2])
