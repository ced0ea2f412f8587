"""What a mixture may be: how far from natural, how often a domain may be read, how much a licence may make up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.runs import Floats


@dataclass(frozen=True)
class Limits:
    """natural: float64[domains], sums to 1. kl: the most of KL(mixture || natural), nats; None: any. penalty: in units
    of the objective per nat of KL. caps: float64[domains], the largest weights. together: masks over domains, each with
    the largest sum of their weights."""

    natural: Floats
    kl: float | None = None
    penalty: float = 0.0
    caps: Floats | None = None
    together: tuple[tuple[Floats, float], ...] = ()

    def upper(self) -> Floats:
        """The largest weights; 0 for a domain that natural does not have where distance to it counts."""
        caps = np.ones(len(self.natural)) if self.caps is None else np.minimum(self.caps, 1.0)
        return np.where(self.natural > 0, caps, 0.0) if self.kl is not None or self.penalty else caps


def divergence(mixture: Floats, natural: Floats) -> float:
    """KL(mixture || natural) in nats; infinite where the mixture has what natural lacks."""
    held = mixture > 0
    if np.any(natural[held] <= 0):
        return float("inf")
    return float(np.sum(mixture[held] * np.log(mixture[held] / natural[held])))


def epoch_caps(domains: Sequence[str], tokens: Floats, budget: int, max_epochs: float) -> Floats:
    """The largest weight of each domain: its tokens, read `max_epochs` times, over the budget.

    Raises ConfigError where all together do not fill the budget.
    """
    if tokens.sum() * max_epochs < budget:
        raise ConfigError(
            f"--budget {budget:,}: {len(domains)} domains hold {int(tokens.sum()):,} tokens, {max_epochs:g} times of "
            "which do not fill it; lower it or raise --max-epochs"
        )
    return tokens * max_epochs / budget


def licence_caps(
    domains: Sequence[str], licenses: Mapping[str, str], caps: Sequence[tuple[str, float]]
) -> tuple[tuple[Floats, float], ...]:
    """Per glob over licences (the first that matches counts) the mask of its domains, and the most that they may be.

    Raises ConfigError for a glob without a domain, and shares outside 0 to 1.
    """
    globs = [glob for glob, _ in caps]
    first = [next((g for g in globs if fnmatchcase(licenses.get(name, "unknown"), g)), None) for name in domains]
    for glob, share in caps:
        if glob not in first:
            raise ConfigError(f"--license-cap {glob}: no domain of the natural mixture has such a `license`")
        if not 0 <= share <= 1:
            raise ConfigError(f"--license-cap {glob}={share:g}: a share is 0 to 1")
    return tuple((np.array([float(g == glob) for g in first]), share) for glob, share in caps)
