"""Where the best mixture goes with the size of models, by the law that drifts (`joint.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from curation_lib.mix.search.fits import Fit
from curation_lib.mix.search.joint import both, mixed_at
from curation_lib.mix.search.laws import EffectiveData
from curation_lib.mix.search.limits import Limits
from curation_lib.mix.search.one_thread import one_thread
from curation_lib.mix.search.optimise import optimum
from curation_lib.mix.search.problem import Objective
from curation_lib.mix.search.runs import Floats, Runs


@one_thread
def drifting_optima(runs: Runs, limits: Limits, sizes: Sequence[float]) -> list[Floats]:
    """The best mixtures, float64[domains] each, for the first target at each size; sizes beyond those of the runs are
    extrapolated."""
    first = replace(runs, targets=runs.targets[:1], losses=runs.losses[:, :1])
    _, params = both(first)
    smallest, domains = first.scales()[0], len(runs.domains)
    fits = [Fit(EffectiveData(), mixed_at(params, domains, float(np.log10(size / smallest)))) for size in sizes]
    return [optimum(Objective((fit,), np.ones(1)), limits) for fit in fits]
