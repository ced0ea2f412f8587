"""Trains a classifier from files: `winnow classifier train`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from curation_lib.core.artefact import ModelManifest
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.given import read_inputs
from curation_lib.runner.parts import read_batches
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.store import Store
from curation_lib.training.classifier import check_labels, train_classifier
from curation_lib.training.examples import Examples
from curation_lib.training.recipes import ClassifierSettings


class Training(NamedTuple):
    """What to train: each label's files in order, the model's name and licence (None: that of its documents)."""

    inputs: Mapping[str, Sequence[str]]
    name: str
    license: str | None
    settings: ClassifierSettings


def train_from_files(
    training: Training, folder: Path, scheduler: Scheduler, progress: Progress = silent
) -> ModelManifest:
    """A complete model in `folder` from the documents in each label's files, taken as they stand (no clean-up).

    Rows that cannot be read are counted in the model's metrics under `unreadable`. Raises ConfigError for files that
    are not there and labels without documents.
    """
    inputs, name, license, settings = training
    check_labels(list(inputs))
    with tempfile.TemporaryDirectory(prefix="winnow-train-") as work, Path(work, "lines").open("w+b") as spool:
        session, examples = Session(Store(work), scheduler, progress, codec=None), Examples(spool, settings.text)
        for label, paths in inputs.items():
            _add(examples, label, paths, session)
        return train_classifier(folder, name, license, list(inputs), examples, settings)


def _add(examples: Examples, label: str, paths: Sequence[str], session: Session) -> None:
    for manifest in read_inputs(paths, session):
        if unreadable := sum(manifest.counts["quarantined"].values()):
            examples.refused[label]["unreadable"] += unreadable
        for part, shard in zip(manifest.parts(), manifest.shards, strict=True):
            for batch in read_batches(session.store, part, columns=["text", "license"]):
                examples.add(label, shard.name, batch)
