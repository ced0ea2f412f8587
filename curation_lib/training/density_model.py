"""Writes a trained density model as a folder: weights, words, metrics, card."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from curation_lib.core.artefact import ModelManifest, TrainingData
from curation_lib.text.density_files import write_density_model
from curation_lib.text.density_signals import LENGTH, SIGNALS
from curation_lib.training.density import FOLDS, KNOTS, WORDS, DensityTraining, Trained, train
from curation_lib.training.density_fit import PENALTIES
from curation_lib.training.density_texts import Text
from curation_lib.training.writing import Described, all_licenses, complete, new_folder

KIND = "density"
LABELS = ("dense", "polished")
LIBRARIES = ("numpy", "xxhash")
HOLDS = (
    f"frequencies only: of {WORDS:,} words by their hashes and of letters by the two before them; means of signals by "
    "length, and weights; no text"
)
COPYLEFT = ("GPL", "AGPL", "LGPL", "GFDL", "CC-BY-SA", "CC-BY-NC-SA", "MPL", "EPL", "EUPL")
"""How the SPDX names of licences begin that ask for the same licence on what is made of a text."""


class Document(NamedTuple):
    """One training text: which label it has, where it is from, under which licence."""

    text: str
    label: str
    source: str
    license: str


def train_density(
    folder: Path,
    name: str,
    license: str | None,
    documents: Sequence[Document],
    settings: DensityTraining,
    unreadable: Mapping[str, int] | None = None,
) -> ModelManifest:
    """Train on `documents`, labels `dense` and `polished`, and leave a complete model in `folder`, which must be empty
    or not there. `unreadable`: rows by label that were no documents, for the metrics. Raises ConfigError where a label
    has texts of fewer than two sources.

    A source that stands under both labels counts as one of each. Documents count once however often they stand, in the
    order of their texts: the order of files shapes nothing.
    """
    kept = sorted(_distinct(documents), key=lambda one: (one.label, one.source, one.text, one.license))
    data = _described(kept)
    shaped = {"words": WORDS, "folds": FOLDS, "penalties": list(PENALTIES), "knots": KNOTS.tolist()}
    told = {**shaped, **settings.model_dump()}
    made = Described(name, KIND, license or all_licenses(data), told, data, LIBRARIES, HOLDS)
    with new_folder(folder) as place:
        found = train([Text(one.text, one.label == "dense", one.source) for one in kept], settings)
        write_density_model(found.model, place)
        metrics = _metrics(found, len(kept), dict(unreadable or {}))
        return complete(place, made, metrics, card(made, metrics))


def _distinct(documents: Sequence[Document]) -> set[Document]:
    """Each document once; sources of one name and two labels with the label before it."""
    names = {label: {one.source for one in documents if one.label == label} for label in LABELS}
    twice = set.intersection(*names.values())
    return {one._replace(source=f"{one.label}/{one.source}") if one.source in twice else one for one in documents}


def _described(documents: Sequence[Document]) -> list[TrainingData]:
    groups: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for one in documents:
        groups[one.label, one.source].append(one)
    return [
        TrainingData(
            name=source,
            label=label,
            documents=len(found),
            bytes=sum(len(one.text.encode()) for one in found),
            licenses=dict(sorted(Counter(one.license for one in found).items())),
            sha256=hashlib.sha256(b"\n".join(f"{one.license}\n{one.text}\0".encode() for one in found)).hexdigest(),
        )
        for (label, source), found in sorted(groups.items())
    ]


def _metrics(found: Trained, documents: int, unreadable: dict[str, int]) -> dict[str, Any]:
    return {
        "trained": documents,
        "unreadable": unreadable,
        "penalty": found.penalty,
        "auc_by_penalty": {str(penalty): value for penalty, value in found.auc.items()},
        "auc_left_out": dict(found.left_out),
        "weights": dict(zip(SIGNALS, found.model.weights.tolist(), strict=True)),
        "brevity": found.model.brevity,
        "length_correlation": dict(found.length_correlation),
    }


def card(described: Described, metrics: Mapping[str, Any]) -> str:
    """`card.md` of a density model with these `metrics`."""
    mean = metrics["auc_by_penalty"][str(metrics["penalty"])]
    lines = [
        f"# {described.name}",
        "",
        "Log odds that an English document is dense with information rather than polished or told as a story: a",
        "logistic regression over signals that are standardised and freed of length; no weight has the other sign than",
        "its signal. A weight says by how much one standard deviation moves the log odds.",
        "",
        f"Version `{described.fingerprint}`, licence {described.license}.",
        "",
        *_origin(described.data, metrics),
        "",
        "| signal | weight |",
        "|---|--:|",
        *(f"| {name} | {metrics['weights'][name]:.3f} |" for name in SIGNALS),
        f"| {LENGTH}, per doubling | {0 - metrics['brevity']:.3f} |",
        "",
        *_length(metrics),
        "",
        f"AUC of texts from a source that was left out, against texts of the other label: {mean:.3f} on average.",
        "Texts of one source are alike; a corpus of other kinds of text may be told apart less well.",
        "",
        "| label | source | documents | bytes | AUC left out | licences |",
        "|---|---|--:|--:|--:|---|",
        *(_row(one, metrics["auc_left_out"]) for one in described.data),
    ]
    return "\n".join(lines) + "\n"


def _origin(data: Sequence[TrainingData], metrics: Mapping[str, Any]) -> list[str]:
    """What trained it, under which licences, and what of it the model holds."""
    counts = sum((Counter(one.licenses) for one in data), Counter[str]())
    listed = ", ".join(f"{name} ({counts[name]:,})" for name in sorted(counts))
    copyleft = sum(n for name, n in counts.items() if any(part.startswith(COPYLEFT) for part in name.split()))
    left_out = sum(metrics["unreadable"].values())
    return [
        f"Trained on {metrics['trained']:,} documents of {len(data)} sources, listed below, under {listed}.",
        *([f"{copyleft:,} of them are under copyleft licences."] if copyleft else []),
        *([f"{left_out:,} rows could not be read and are left out."] if left_out else []),
        f"The model holds {HOLDS}.",
    ]


def _length(metrics: Mapping[str, Any]) -> list[str]:
    """How the score goes with length, and what brevity has to do with it."""
    told = metrics["length_correlation"]
    found = f"Rank correlation of the score with length over the training documents is {told['score']:.3f}"
    if not metrics["brevity"]:
        return [f"{found}; length itself adds nothing."]
    return [
        f"{found}, and {told['signals']:.3f} of the signals",
        "alone: of two documents that are equally dense the shorter one is preferred.",
    ]


def _row(one: TrainingData, left_out: Mapping[str, float]) -> str:
    licenses = ", ".join(one.licenses)
    return f"| {one.label} | {one.name} | {one.documents:,} | {one.bytes:,} | {left_out[one.name]:.3f} | {licenses} |"
