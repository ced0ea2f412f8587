"""Probabilities of labels under a supervised fastText model (Joulin et al. 2017), a batch of texts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.text.buffers import Bytes, Column, Offsets
from curation_lib.text.classifier_lines import Form, classifier_lines
from curation_lib.text.fasttext_dense import DenseModel, Floats, dense_labels, dense_model
from curation_lib.text.fasttext_files import check_whole, read_head
from curation_lib.text.fasttext_scores import dense_scores
from curation_lib.text.hashing import slices

PREFIX = "__label__"
_REMEDY = "give a supervised fastText model (.bin or .ftz)"
_EVERY = -1


class Classifier(NamedTuple):
    """A fastText model, its labels without their prefix in the model's order, and the form of texts that it takes.
    dense: the model as arrays; where they cannot hold it, `library` is fastText's own."""

    dense: DenseModel | None
    library: Any
    labels: tuple[str, ...]
    form: Form


def load_classifier(path: Path, form: Form) -> Classifier:
    """The model in a local file. Raises ConfigError where it is cut short or no classifier.

    Models do not pickle: each worker loads its own.
    """
    try:
        check_whole(path, _REMEDY)
        head = read_head(path)
        if not head.supervised:
            raise ValueError(f"{path} holds word vectors and has no labels; {_REMEDY}")
        dense = dense_model(path, head)
        library: Any = library_model(path) if dense is None else None
    except ValueError as e:
        raise ConfigError(f"model: {e}") from e
    labels = dense_labels(dense) if dense else library.get_labels(on_unicode_error="replace")
    return Classifier(dense, library, _bare(labels), form)


def library_model(path: Path) -> Any:
    """fastText's own model of the file, which `Classifier.library` takes. Raises ValueError for a file of no model."""
    import fasttext

    return fasttext.load_model(str(path))


def _bare(labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(label.removeprefix(PREFIX) for label in labels)


def label_scores(texts: Column, model: Classifier, labels: Sequence[str]) -> Floats:
    """`line_scores` of texts."""
    return line_scores(classifier_lines(texts, model.form), model, labels)


def line_scores(lines: tuple[Bytes, Offsets], model: Classifier, labels: Sequence[str]) -> Floats:
    """float32[texts, labels]: probability of each of `labels`, at most 1 (fastText's own sums may pass it by 1e-5);
    0 throughout for a text of which the model knows nothing, not even that it ends.

    lines: of the texts, in the model's form (`classifier_lines`), so that several models share them. Raises KeyError
    for a label that the model has not.
    """
    if unknown := [label for label in labels if label not in model.labels]:
        raise KeyError(unknown[0])
    wanted = [model.labels.index(label) for label in labels]
    every = _of_library(lines, model) if model.dense is None else dense_scores(*lines, model.dense)
    out: Floats = np.minimum(every[:, wanted], np.float32(1))
    return out


def _of_library(lines: tuple[Bytes, Offsets], model: Classifier) -> Floats:
    """float32[texts, labels] in the model's order. A newline ends each line, as fastText's own tool reads it."""
    places = {label: n for n, label in enumerate(model.labels)}
    given = [b"".join((line, b"\n")) for line in slices(*lines)]
    found, probabilities = model.library.f.multilinePredict(given, _EVERY, 0.0, "replace")
    columns = np.array([places[name] for names in found for name in _bare(names)], np.int64)
    rows = np.repeat(np.arange(len(found)), [len(names) for names in found])
    out = np.zeros((len(given), len(places)), np.float32)
    out[rows, columns] = np.concatenate([*probabilities, np.zeros(0, np.float32)])
    return out


def best_labels(lines: tuple[Bytes, Offsets], model: Classifier) -> tuple[list[str | None], Floats]:
    """Of each of `lines` (see `line_scores`): the likeliest label and its probability; None and 0 where the model knows
    nothing of it."""
    scores = line_scores(lines, model, model.labels)
    best: Floats = scores.max(axis=1, initial=0)
    names = [model.labels[at] if value else None for at, value in zip(scores.argmax(axis=1), best, strict=True)]
    return names, best
