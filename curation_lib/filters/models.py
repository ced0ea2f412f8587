"""The setting that names a fastText classifier, and what a filter knows of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from curation_lib.core.artefact import Model, Place, find_model, hashed_files, model_facts, verified_file
from curation_lib.core.config import StageConfig, locate, measure
from curation_lib.core.errors import ConfigError
from curation_lib.core.local_copy import local_copy
from curation_lib.text.classifier_lines import Form
from curation_lib.text.fasttext_files import FILE, KIND
from curation_lib.text.label_scores import Classifier, load_classifier

NO_FORM: Form = "lines"
"""How texts go to a model that does not say how it was trained: as DCLM's are."""


class ModelConfig(StageConfig):
    """model: a folder made by `winnow classifier train`, `<store>/models/<name>`, whose current version counts, or a
    fastText file of anyone's (.bin, .ftz); a path or an fsspec URL. label: whose probability is the score; default
    is the first that the model was trained for. text: see `text/classifier_lines.py`; default is the model's own."""

    model: Place = locate()
    label: str | None = measure(None)
    text: Form | None = measure(None)


class Scorer(NamedTuple):
    """A loaded classifier, the label whose probability is asked, and what the manifest says of the model."""

    classifier: Classifier
    label: str
    facts: dict[str, Any]


def classifier_files(config: ModelConfig) -> dict[str, str]:
    """The files that shape the scores, by name."""
    return hashed_files(find_model(config.model, [KIND]), [FILE])


def load_scorer(config: ModelConfig) -> Scorer:
    """The model, from a local copy where it lies elsewhere. Raises ConfigError for one that is none, that lacks the
    label, or whose label has to be said."""
    found, classifier, facts = open_classifier(config)
    label = _label(config, found, classifier)
    return Scorer(classifier, label, {**facts, "label": label})


def open_classifier(config: ModelConfig) -> tuple[Model, Classifier, dict[str, Any]]:
    """The model where it lies and loaded, and what the manifest says of it. Raises ConfigError for one that is none."""
    found = find_model(config.model, [KIND])
    settings = found.manifest.settings if found.manifest else {}
    classifier = load_classifier(local_copy(verified_file(found, FILE)), config.text or settings.get("text", NO_FORM))
    return found, classifier, {**model_facts(found), "text": classifier.form}


def _label(config: ModelConfig, found: Model, classifier: Classifier) -> str:
    known = ", ".join(classifier.labels[:20])
    label = config.label or (found.manifest.settings["labels"][0] if found.manifest else None)
    if label is None:
        raise ConfigError(f"label: {config.model} does not say which label is the score; give one of {known}")
    if label not in classifier.labels:
        raise ConfigError(f"label: {config.model} has no label {label!r}; labels are {known}")
    return str(label)
