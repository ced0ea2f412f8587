"""Trains the n-gram model behind `filters.perplexity` from files or datasets: `winnow perplexity train`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from curation_lib.core.artefact import ModelManifest
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.given import read_inputs
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import read_batches
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.store import Store
from curation_lib.training.perplexity import PerplexityTraining, train_perplexity


class Training(NamedTuple):
    """What to train: the files in order, the model's name and licence (None: that of its documents)."""

    inputs: Sequence[str]
    name: str
    license: str | None
    settings: PerplexityTraining


def train_from_files(
    training: Training, folder: Path, scheduler: Scheduler, progress: Progress = silent
) -> ModelManifest:
    """A complete model in `folder` from the documents in the files, taken as they stand (no clean-up).

    Rows that cannot be read are counted in the model's metrics under `refused`. Raises ConfigError for files that are
    not there.
    """
    inputs, name, license, settings = training
    with tempfile.TemporaryDirectory(prefix="winnow-perplexity-") as work:
        session = Session(Store(work), scheduler, progress, codec=None)
        manifests = read_inputs(inputs, session)
        unreadable = sum(n for one in manifests for n in one.counts["quarantined"].values())
        return train_perplexity(_batches(manifests, session), folder, name, license, settings, unreadable)


def _batches(manifests: Sequence[Manifest], session: Session) -> Iterator[pa.RecordBatch]:
    for manifest in manifests:
        for part in manifest.parts():
            yield from read_batches(session.store, part, session.batch_rows)
