"""What is measured with: of documents that are not trained on, and of enough of them to be judged by."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.core.errors import ConfigError
from curation_lib.runner.pools import digests_of
from curation_lib.runner.store import Store
from curation_lib.valuation.pool import placed

LEAST = 2
"""Documents of a measure set: of one, nothing is known of the spread between documents."""


class TrainedOn(NamedTuple):
    """Documents at store key `pool` that a run may be trained on: those whose hash lies below `high`, see `Part`."""

    pool: str
    high: float = 1.0

    def digests(self, store: Store) -> npt.NDArray[np.uint64]:
        """Hashes of what they say."""
        found = digests_of(store, self.pool)
        return found[placed(found, 0.0, self.high)]


def require_apart(trained: Mapping[str, TrainedOn], measures: Mapping[str, str], store: Store) -> None:
    """Raises ConfigError where what is trained on holds what is measured with, whatever files it came from.

    trained, measures: by the key in the file that names them; of measures the store keys.
    """
    told = {name: one.digests(store) for name, one in trained.items()}
    asked = {name: digests_of(store, key) for name, key in measures.items()}
    for (name, digests), (set_, held) in product(told.items(), asked.items()):
        if shared := len(np.intersect1d(digests, held)):
            raise ConfigError(
                f"{set_}: {shared} of its {len(held)} documents are in {name}, too; measure with documents that it "
                "does not have"
            )


def require_several(measures: Mapping[str, str], store: Store) -> None:
    """Raises ConfigError for a measure set of fewer than LEAST documents. measures: store keys by name."""
    for name, key in measures.items():
        if (documents := len(digests_of(store, key))) < LEAST:
            raise ConfigError(
                f"{name}: {documents} document{'s' * (documents != 1)} to measure with; give {LEAST} at least, better "
                "50: how much a result owes to the documents is told by their spread"
            )
