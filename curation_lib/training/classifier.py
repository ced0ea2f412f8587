"""Trains a fastText classifier (Joulin et al. 2017, arXiv 1607.01759): the same documents and settings give the same
bytes, whatever the order of files, in any process of one machine type."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curation_lib.core.artefact import ModelManifest, check_name
from curation_lib.core.errors import ConfigError
from curation_lib.text.fasttext_files import FILE, KIND
from curation_lib.text.label_scores import PREFIX, Classifier, label_scores, load_classifier
from curation_lib.training.card import render_card
from curation_lib.training.examples import Example, Examples, described, split
from curation_lib.training.metrics import Scores, evaluation
from curation_lib.training.recipes import ClassifierSettings
from curation_lib.training.writing import Described, all_licenses, complete, new_folder

LIBRARIES = ("fasttext-community", "numpy", "xxhash")
_BATCH = 1024


def check_labels(labels: Sequence[str]) -> None:
    """ConfigError for fewer than two labels, for one that stands twice, and for one that is no single word."""
    for label in labels:
        check_name(label, "label")
    if len(set(labels)) != len(labels):
        raise ConfigError(f"labels {', '.join(labels)}: one stands twice; give its files together")
    if len(labels) < 2:
        raise ConfigError(f"{len(labels)} label: a classifier needs two or more, e.g. --positive and --negative")


def train_classifier(
    folder: Path,
    name: str,
    license: str | None,
    labels: Sequence[str],
    examples: Examples,
    settings: ClassifierSettings,
) -> ModelManifest:
    """Train on `examples` of `labels` and leave a complete model in `folder`, which must be empty or not there.

    The first of `labels` is the one that filters ask for by default. license: of the model; default is that of all
    its documents. Raises ConfigError where a label has too few documents.
    """
    check_labels(labels)
    parts = split(examples.distinct(labels), settings.held_out, settings.max_documents, settings.seed)
    data = described([*parts.train, *parts.held_out])
    said = {**settings.model_dump(), "labels": list(labels)}
    refused = {label: dict(sorted(n.items())) for label, n in sorted(examples.refused.items()) if n}
    made = Described(name, KIND, license or all_licenses(data), said, data, LIBRARIES, refused=refused)
    with new_folder(folder) as place:
        _fit(place / FILE, parts.train, examples, settings)
        model = load_classifier(place / FILE, settings.text)
        metrics = {
            "trained": len(parts.train),
            "refused": refused,
            "held_out": _measured(model, labels, parts.held_out, examples),
        }
        return complete(place, made, metrics, render_card(made, metrics))


def _fit(path: Path, examples: Sequence[Example], lines: Examples, settings: ClassifierSettings) -> None:
    import fasttext

    with tempfile.NamedTemporaryFile(prefix="winnow-train-", suffix=".txt") as file:
        for one, line in zip(examples, lines.lines(examples), strict=True):
            file.write(f"{PREFIX}{one.label} ".encode() + line + b"\n")
        file.flush()
        model = fasttext.train_supervised(input=file.name, **settings.parameters())
    model.save_model(str(path))


def _measured(model: Classifier, labels: Sequence[str], held_out: Sequence[Example], lines: Examples) -> dict[str, Any]:
    truth = np.array([labels.index(one.label) for one in held_out], np.int64)
    scores = np.vstack([*_scores(model, labels, held_out, lines)])
    return evaluation(labels, truth, scores)


def _scores(model: Classifier, labels: Sequence[str], held_out: Sequence[Example], lines: Examples) -> Iterator[Scores]:
    for start in range(0, len(held_out), _BATCH):
        texts = [line.decode() for line in lines.lines(held_out[start : start + _BATCH])]
        yield label_scores(pa.array(texts, pa.large_string()), model, labels)
