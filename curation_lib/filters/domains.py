"""`filters.domains`: what a document is about and of what kind it is, for mixes, audits and rules by domain.

Two fastText classifiers that ship (cards in `topic_model/` and `format_model/`), or any others. Scores: `topic` and
`format` float32, the likeliest label's probability; `topic_label` and `format_label`, that label. All null where the
document's language is not English, or its text shorter than 200 bytes: of a few words the models are sure of anything.
Kept documents carry `metadata["topic"]` and `metadata["format"]`: the label, or `unknown` where there is none or its
probability is below `min_confidence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from curation_lib.core.artefact import Place, find_model
from curation_lib.core.config import StageConfig, keep, locate
from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters.models import ModelConfig, classifier_files, open_classifier
from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.classifier_lines import classifier_lines
from curation_lib.text.fasttext_files import KIND
from curation_lib.text.label_scores import Classifier, best_labels
from curation_lib.text.named_languages import english

KEYS = ("topic", "format")
UNKNOWN = "unknown"
SHIPPED = {key: Path(__file__).with_name(f"{key}_model") for key in KEYS}
MIN_CONFIDENCE = 0.6
"""Where whole sources were left out of the training, seven of ten topics and of ten formats claimed above it are right
(`tests/benchmarks/results/domains.md`)."""


SHORTEST = 200
"""Bytes of text; the models learnt from pieces of 1 to 16 kB."""
NAMED = {"drop_topics": "topic", "drop_formats": "format", "keep_formats": "format"}
"""Settings that name labels, with the model that has them."""
NONE = -1.0
"""The ledger's score of a document without a likeliest label."""


class DomainsConfig(StageConfig):
    """topic_model, format_model: folders made by `winnow classifier train`, `<store>/models/<name>`, or fastText files;
    default are the ones that ship. min_confidence: least probability with which a label is claimed. drop_topics,
    drop_formats: documents with such a label go. keep_formats: documents with another go. `unknown` may be named.
    With nothing to drop or keep the filter only annotates."""

    topic_model: Place | None = locate(None)
    format_model: Place | None = locate(None)
    min_confidence: float = keep(MIN_CONFIDENCE, ge=0, le=1)
    drop_topics: tuple[str, ...] = keep(())
    drop_formats: tuple[str, ...] = keep(())
    keep_formats: tuple[str, ...] | None = keep(None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> DomainsConfig:
        if self.keep_formats is not None and self.drop_formats:
            raise ValueError("keep_formats and drop_formats say the same twice; give one of them")
        return self

    @model_validator(mode="after")
    def _labels_that_ship(self) -> DomainsConfig:
        """Labels of a model of one's own are known when it is loaded."""
        for setting, key in NAMED.items():
            if getattr(self, setting) and getattr(self, f"{key}_model") is None:
                _require_labels(setting, getattr(self, setting), _shipped_labels(key))
        return self


class Domain(NamedTuple):
    """One of the classifiers, and what the manifest says of it."""

    classifier: Classifier
    facts: dict[str, Any]


def _models(config: DomainsConfig) -> dict[str, ModelConfig]:
    given = {"topic": config.topic_model, "format": config.format_model}
    return {key: ModelConfig(model=place or str(SHIPPED[key])) for key, place in given.items()}


def domain_files(config: DomainsConfig) -> dict[str, str]:
    """The files that shape the scores, by model and name."""
    return {f"{key}/{name}": at for key, one in _models(config).items() for name, at in classifier_files(one).items()}


def load(config: DomainsConfig) -> dict[str, Domain]:
    """Both models. Raises ConfigError for one that is none, and where a setting names a label that the model has
    not."""
    found = {key: Domain(*open_classifier(one)[1:]) for key, one in _models(config).items()}
    for setting, key in NAMED.items():
        try:
            _require_labels(setting, getattr(config, setting) or (), found[key].classifier.labels)
        except ValueError as e:
            raise ConfigError(str(e)) from e
    return found


def _shipped_labels(key: str) -> Sequence[str]:
    manifest = find_model(str(SHIPPED[key]), [KIND]).manifest
    assert manifest
    labels: Sequence[str] = manifest.settings["labels"]
    return labels


def _require_labels(setting: str, given: Sequence[str], labels: Sequence[str]) -> None:
    known = (*sorted(labels), UNKNOWN)
    for label in given:
        if label not in known:
            raise ValueError(f"{setting}: there is no label {label!r}; labels are {', '.join(known)}")


def facts(model: dict[str, Domain]) -> dict[str, Any]:
    """What the dataset's manifest says of the models."""
    return {key: {**one.facts, "labels": sorted(one.classifier.labels)} for key, one in model.items()}


def measure_domains(batch: pa.RecordBatch, config: DomainsConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module). Models that take texts in one form share the lines."""
    texts = batch.column("text")
    unread = ~english(batch) | (pc.binary_length(texts).to_numpy() < SHORTEST)
    lines: dict[str, tuple[Bytes, Offsets]] = {}
    columns: dict[str, pa.Array] = {}
    for key in KEYS:
        classifier = context.model[key].classifier
        if classifier.form not in lines:
            lines[classifier.form] = classifier_lines(texts, classifier.form)
        labels, values = best_labels(lines[classifier.form], classifier)
        nothing = unread | np.array([label is None for label in labels], bool)
        columns[key] = pa.array(values, mask=nothing)
        columns[f"{key}_label"] = pa.array(np.array(labels, object), pa.string(), mask=nothing)
    return pa.RecordBatch.from_pydict(columns)


def claimed(scores: pa.RecordBatch, key: str, config: DomainsConfig) -> pa.Array:
    """string[rows]: each document's label, `unknown` where none is claimed."""
    sure = pc.greater_equal(scores.column(key), pa.scalar(config.min_confidence, pa.float64()))
    return pc.fill_null(pc.if_else(sure, scores.column(f"{key}_label"), UNKNOWN), UNKNOWN)


def keep_domains(scores: pa.RecordBatch, config: DomainsConfig, context: Context) -> list[Rule]:
    """`drop_topic` and `drop_format` for labels that are claimed, `min_confidence` where none is and `unknown` has to
    go: a row's evidence is the label, or which of both is unknown, its score the likeliest label's probability (NONE
    where there is none), the threshold `min_confidence`."""
    found = {key: claimed(scores, key, config) for key in KEYS}
    gone = {"topic": pc.is_in(found["topic"], pa.array(config.drop_topics, pa.string()))}
    gone["format"] = pc.is_in(found["format"], pa.array(config.drop_formats, pa.string()))
    if config.keep_formats is not None:
        gone["format"] = pc.invert(pc.is_in(found["format"], pa.array(config.keep_formats, pa.string())))
    unknown = {key: pc.and_(gone[key], pc.equal(found[key], UNKNOWN)) for key in KEYS}
    values = {key: pc.fill_null(scores.column(key), pa.scalar(NONE, pa.float32())) for key in KEYS}
    rules = [
        Rule(f"drop_{key}", pc.and_not(gone[key], unknown[key]), values[key], config.min_confidence, found[key])
        for key in KEYS
    ]
    failed = pc.or_(unknown["topic"], unknown["format"])
    score = pc.if_else(unknown["topic"], values["topic"], values["format"])
    which = pc.if_else(unknown["topic"], "topic unknown", "format unknown")
    return [*rules, Rule("min_confidence", failed, score, config.min_confidence, which)]


def annotate(scores: pa.RecordBatch, config: DomainsConfig, context: Context) -> dict[str, pa.Array]:
    """`topic` and `format`."""
    return {key: claimed(scores, key, config) for key in KEYS}


STAGE = Filter(
    name="filters.domains",
    version=1,
    config=DomainsConfig,
    summary="topic and format by two classifiers, into the document's metadata; documents go by either",
    libraries=("fasttext-community", "numpy"),
    load=load,
    model_files=domain_files,
    facts=facts,
    measure=measure_domains,
    keep=keep_domains,
    annotate=annotate,
    annotates=KEYS,
)
