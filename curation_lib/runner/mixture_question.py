"""What a search asks of its swarm, and whether that can be answered: said before anything is trained."""

from __future__ import annotations

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.fits import FOLDS
from curation_lib.mix.search.laws import coefficients
from curation_lib.mix.search.natural import Natural
from curation_lib.mix.search.optimise import nearest_natural
from curation_lib.mix.search.question import Question
from curation_lib.mix.search.runs import Runs, require_fittable
from curation_lib.valuation.mixture_search import MixtureSearch


def question(search: MixtureSearch) -> Question:
    """The question of `winnow mix optimise` that the search is."""
    return Question(
        list(search.values().values()),
        search.limits.kl,
        search.limits.kl_penalty,
        search.target_run.tokens,
        search.target_run.max_epochs,
        list(search.limits.license_caps.items()),
        beyond=search.target_run.parameters,
    )


def require_answer(search: MixtureSearch, planned: Runs, natural: Natural) -> None:
    """Raises ConfigError for a swarm that determines no law, and for limits that leave no mixture. planned: the swarm
    as a table, whatever its losses."""
    for size in planned.scales():
        part = planned.take(np.asarray(planned.parameters) == size)
        require_fittable(part, coefficients(part.weights), FOLDS, f"swarm.mixtures: scale of {size:g} parameters: ")
    asked = question(search)
    try:
        nearest_natural(asked.limits(asked.at_scale(planned), natural))
    except ConfigError as e:
        raise ConfigError(f"limits, or target_run.max_epochs: {e}") from e
