"""Probabilities of labels under a supervised fastText model (Joulin et al. 2017), a batch of texts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.core.errors import ConfigError
from curation_lib.text.buffers import Column
from curation_lib.text.classifier_lines import Form, classifier_lines
from curation_lib.text.fasttext_files import check_whole
from curation_lib.text.hashing import slices

PREFIX = "__label__"
_REMEDY = "give a supervised fastText model (.bin or .ftz)"
_EVERY = -1
_OTHER = -1
"""A label that nobody asked for."""


class Classifier(NamedTuple):
    """A fastText model, its labels without their prefix in the model's order, and the form of texts that it takes."""

    fasttext: Any
    labels: tuple[str, ...]
    form: Form


def load_classifier(path: Path, form: Form) -> Classifier:
    """The model in a local file. Raises ConfigError where it is cut short or no classifier.

    Models do not pickle: each worker loads its own.
    """
    import fasttext

    try:
        check_whole(path, _REMEDY)
        model = fasttext.load_model(str(path))
    except ValueError as e:
        raise ConfigError(f"model: {e}") from e
    if model.f.getArgs().model.name != "supervised":
        raise ConfigError(f"model: {path} holds word vectors and has no labels; {_REMEDY}")
    labels = tuple(label.removeprefix(PREFIX) for label in model.get_labels(on_unicode_error="replace"))
    return Classifier(model, labels, form)


def label_scores(texts: Column, model: Classifier, labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """float32[texts, labels]: probability of each of `labels`, at most 1 (fastText's own sums may pass it by 1e-5);
    0 throughout for a text of which the model knows nothing, not even that it ends.

    Raises KeyError for a label that the model has not.
    """
    places = {f"{PREFIX}{label}": n for n, label in enumerate(labels)}
    if unknown := [label for label in labels if label not in model.labels]:
        raise KeyError(unknown[0])
    found, probabilities = model.fasttext.f.multilinePredict(label_lines(texts, model.form), _EVERY, 0.0, "replace")
    columns = np.array([places.get(name, _OTHER) for names in found for name in names], np.int64)
    rows = np.repeat(np.arange(len(found)), [len(names) for names in found])
    asked = columns != _OTHER
    out = np.zeros((len(texts), len(labels)), np.float32)
    out[rows[asked], columns[asked]] = np.concatenate([*probabilities, np.zeros(0, np.float32)])[asked]
    return np.minimum(out, np.float32(1))


def best_labels(lines: Sequence[bytes], model: Classifier) -> tuple[list[str | None], npt.NDArray[np.float32]]:
    """Of each of `label_lines`: the likeliest label and its probability, at most 1; None and 0 where the model knows
    nothing of it. The lines are those of `model.form`."""
    found, probabilities = model.fasttext.f.multilinePredict(lines, 1, 0.0, "replace")
    names = [each[0].removeprefix(PREFIX) if each else None for each in found]
    values = np.array([float(each[0]) if len(each) else 0.0 for each in probabilities], np.float32)
    return names, np.minimum(values, np.float32(1))


def label_lines(texts: Column, form: Form) -> list[bytes]:
    """Each text's line as UTF-8 with a newline at its end, as fastText's own tool reads it."""
    return [b"".join((line, b"\n")) for line in slices(*classifier_lines(texts, form))]
