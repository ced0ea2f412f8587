"""Where a density model lies and what texts score under it, for every stage that asks how dense texts are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.core.artefact import Model, find_model, hashed_files, model_facts, verified_file
from curation_lib.core.errors import ConfigError
from curation_lib.core.local_copy import local_copy
from curation_lib.text.buffers import Column
from curation_lib.text.density_counts import density_counts
from curation_lib.text.density_files import WEIGHTS, WORDS, read_density_model
from curation_lib.text.density_signals import DensityModel

KIND = "density"
SHIPPED = Path(__file__).with_name("density_model")
Floats = npt.NDArray[np.float64]


class Loaded(NamedTuple):
    """A model, and what the manifest says of it."""

    model: DensityModel
    facts: dict[str, Any]


def density_model_files(place: str | None) -> dict[str, str]:
    """The files that shape the scores, by name; the model that ships where `place` is None."""
    return hashed_files(_found(place), [WORDS, WEIGHTS])


def load_density(place: str | None) -> Loaded:
    """The model, from a local copy where it lies elsewhere. Raises ConfigError for one that is none."""
    found = _found(place)
    model = read_density_model(*(local_copy(verified_file(found, name)) for name in (WORDS, WEIGHTS)))
    return Loaded(model, model_facts(found))


def density_scores(texts: Column, model: DensityModel) -> tuple[Floats, Floats]:
    """float64[rows], log odds of being dense, and float64[rows, REASONS], what each reason adds to the bias."""
    parts = model.contributions(density_counts(texts, model.lexicon, model.costs))
    total = np.full(len(texts), model.bias)
    for part in parts.T:  # one after the other: a sum in fixed order
        total += part
    return total, parts


def _found(place: str | None) -> Model:
    found = find_model(place or str(SHIPPED), [KIND])
    if found.manifest is None:
        raise ConfigError(f"model: {found.place} is a file; name the folder that `winnow density train` made")
    return found
