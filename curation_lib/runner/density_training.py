"""Trains a density model from files: `winnow density train`."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from curation_lib.core.artefact import ModelManifest
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.given import read_inputs
from curation_lib.runner.parts import read_batches
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.store import Store
from curation_lib.training.density import DensityTraining
from curation_lib.training.density_model import Document, train_density

_ENDING = re.compile(r"\.(?:jsonl|json|ndjson|parquet|pq|w?arc)(?:\.\w+)?$", re.IGNORECASE)


class Training(NamedTuple):
    """What to train: files by label, the model's name and licence (None: that of its documents), settings."""

    inputs: Mapping[str, Sequence[str]]
    name: str
    license: str | None = None
    settings: DensityTraining = DensityTraining()


def train_from_files(
    training: Training, folder: Path, scheduler: Scheduler, progress: Progress = silent
) -> ModelManifest:
    """A complete model in `folder` from each label's files, taken as they stand; each file is one source, called as it
    is without its ending. Rows that cannot be read are counted in the metrics under `unreadable`.

    The texts are held in memory: some hundred megabytes are plenty. Raises ConfigError for files that are not there.
    """
    found: list[Document] = []
    unreadable: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="winnow-train-") as work:
        session = Session(Store(work), scheduler, progress, codec=None)
        for label, paths in training.inputs.items():
            for manifest in read_inputs(paths, session):
                unreadable[label] += sum(manifest.counts["quarantined"].values())
                for part, shard in zip(manifest.parts(), manifest.shards, strict=True):
                    source = _ENDING.sub("", shard.name)
                    for batch in read_batches(session.store, part, columns=["text", "license"]):
                        texts, licenses = (batch.column(column).to_pylist() for column in ("text", "license"))
                        found += [Document(t, label, source, one) for t, one in zip(texts, licenses, strict=True)]
    return train_density(folder, training.name, training.license, found, training.settings, unreadable)
