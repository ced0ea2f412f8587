"""What is asked of a table of runs, put together: which targets, which limits, at which scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.limits import Limits, divergence, epoch_caps, licence_caps
from curation_lib.mix.search.natural import Natural
from curation_lib.mix.search.runs import Floats, Runs


@dataclass(frozen=True)
class Question:
    """values: of the targets, in their order. kl, penalty: the distance to natural, one of them; without either it is
    as far as half of the runs are. budget: tokens of the run to come. scale: the size of models to ask for; None is the
    largest. beyond: parameters of the model to come, for which a mixture that drifts is told, too."""

    values: Sequence[float]
    kl: float | None = None
    penalty: float = 0.0
    budget: int | None = None
    max_epochs: float = 4.0
    license_caps: Sequence[tuple[str, float]] = ()
    scale: float | None = None
    beyond: float | None = None

    def importance(self) -> Floats:
        """float64[targets], sum 1."""
        values = np.array(self.values, np.float64)
        if np.any(values < 0) or values.sum() <= 0:
            raise ConfigError("--target COLUMN=VALUE: values are 0 or more, and one is more")
        shares: Floats = values / values.sum()
        return shares

    def at_scale(self, runs: Runs) -> Runs:
        """The runs of the scale that is asked for."""
        scales = runs.scales()
        if runs.parameters is None:
            if self.scale is not None:
                raise ConfigError(f"--scale {self.scale:g}: name the column of model sizes by --parameters COLUMN")
            return runs
        scale = scales[-1] if self.scale is None else self.scale
        if scale not in scales:
            raise ConfigError(f"--scale {scale:g}: the runs have {', '.join(f'{size:g}' for size in scales)}")
        return runs.take(runs.parameters == scale)

    def limits(self, runs: Runs, natural: Natural) -> Limits:
        """Limits over the domains of `runs`."""
        if self.kl is not None and self.penalty:
            raise ConfigError("--kl and --kl-penalty: give one of them")
        kl = usual_distance(runs, natural.shares) if self.kl is None and not self.penalty else self.kl
        together = licence_caps(runs.domains, natural.licenses, self.license_caps)
        return Limits(natural.shares, kl, self.penalty, self._caps(runs.domains, natural), together)

    def _caps(self, domains: Sequence[str], natural: Natural) -> Floats | None:
        if self.budget is None:
            return None
        if natural.tokens is None:
            raise ConfigError("--budget: epochs are counted from tokens of each domain; give them by --natural FILE")
        return epoch_caps(domains, natural.tokens, self.budget, self.max_epochs)


def usual_distance(runs: Runs, natural: Floats) -> float:
    """The median of KL(mixture || natural) over runs: a law is not asked for what few runs have seen.

    Raises ConfigError where most runs have what natural lacks.
    """
    found = float(np.median([divergence(mixture, natural) for mixture in runs.weights]))
    if not np.isfinite(found):
        raise ConfigError("--natural: most runs hold domains that it says there are none of; give --kl, or correct it")
    return found
