"""How well topics and formats are told, and how fast: `python -m tests.benchmarks.domains`; writes `results/domains.*`.

Three looks at the models that ship and at `dags/models/explains-en`, or at their recipe: held-out documents of sources that trained them (from the
models' own metrics); whole projects left out, the recipe trained on the rest; and test sets of other origin. Texts are
those of `infra.training.inputs`, from WINNOW_DOMAIN_TEXTS or fetched. Speed: MB per second of one core.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import fasttext
import numpy as np
import pyarrow as pa
import xxhash

from curation_lib.core.stage import Context
from curation_lib.filters.domains import SHIPPED, STAGE, DomainsConfig, load
from curation_lib.filters.models import ModelConfig, open_classifier
from curation_lib.text.classifier_lines import classifier_lines
from curation_lib.text.hashing import slices
from curation_lib.text.label_scores import PREFIX, Classifier, best_labels
from curation_lib.training.recipes import ClassifierSettings
from infra.local.demo_fetch import default_cache
from infra.training.inputs import DOMAINS, write_inputs
from infra.training.spec import EXPLAINING, load_spec
from tests.benchmarks.commands import machine
from tests.benchmarks.decontamination import best, texts
from tests.benchmarks.results import save
from tests.conftest import ROOT
from tests.filters.domain_sets import DomainSet, domain_sets, read

MODELS = {**SHIPPED, "explains": ROOT / "dags" / "models" / "explains-en"}
CONFIDENCES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


class Told(NamedTuple):
    """What was said of one document, and what it is."""

    source: str
    truth: str
    label: str
    confidence: float


def main() -> None:
    data = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(os.environ.get("WINNOW_DOMAIN_TEXTS") or place)
        write_inputs(folder, default_cache(), DOMAINS)
        found: dict[str, Any] = {"machine": machine(), "speed": speed(data)}
        for key in MODELS:
            held_out = json.loads((MODELS[key] / "metrics.json").read_bytes())["held_out"]
            found[key] = {
                "held_out": held_out["macro_f1"],
                "left_out": judged(left_out(folder / key, key)),
                "other": judged(others(data, key)),
            }
    save("domains", found, page(found))


def left_out(folder: Path, key: str) -> list[Told]:
    """Each document under a model that saw nothing of its project. Projects that share no label leave together."""
    settings = ClassifierSettings(**_settings(key))
    projects = {s.name: s.file or s.package for s in load_spec(DOMAINS).sources}
    rows = [row for path in sorted(folder.glob("*/*.zst")) for row in read(path)]
    rows.sort(key=lambda row: xxhash.xxh3_64_intdigest(row["text"].encode()))
    texts = pa.array([row["text"] for row in rows], pa.large_string())
    lines = [bytes(line) + b"\n" for line in slices(*classifier_lines(texts, settings.text))]
    owners = np.array([projects[row["source"]] for row in rows])
    found = []
    for fold in folds({project: {rows[n]["label"] for n in np.flatnonzero(owners == project)} for project in owners}):
        out = np.isin(owners, fold)
        model = trained(
            [rows[n]["label"] for n in np.flatnonzero(~out)], [lines[n] for n in np.flatnonzero(~out)], settings
        )
        labels, values = best_labels(classifier_lines(texts.filter(pa.array(out)), settings.text), model)
        for n, label, value in zip(np.flatnonzero(out), labels, values, strict=True):
            found.append(Told(rows[n]["source"], rows[n]["label"], str(label), float(value)))
    return found


def folds(labels: Mapping[str, set[str]]) -> list[list[str]]:
    """Projects by fold: of each label at most one project is left out at a time."""
    made: list[tuple[list[str], set[str]]] = []
    for project in sorted(labels):
        for members, taken in made:
            if taken.isdisjoint(labels[project]):
                members.append(project)
                taken |= labels[project]
                break
        else:
            made.append(([project], set(labels[project])))
    return [members for members, _ in made]


def _settings(key: str) -> dict[str, Any]:
    settings = json.loads((MODELS[key] / "manifest.json").read_bytes())["settings"]
    return {name: value for name, value in settings.items() if name != "labels"}


def trained(labels: Sequence[str], lines: Sequence[bytes], settings: ClassifierSettings) -> Classifier:
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        for label, line in zip(labels, lines, strict=True):
            file.write(f"{PREFIX}{label} ".encode() + line)
        file.flush()
        model = fasttext.train_supervised(input=file.name, **settings.parameters())
    return Classifier(None, model, tuple(one.removeprefix(PREFIX) for one in model.get_labels()), settings.text)


def others(data: Path, key: str) -> list[Told]:
    """Test sets under the model that ships."""
    classifier = open_classifier(ModelConfig(model=str(MODELS[key])))[1]
    return [Told(*row) for row in _others(data, key, classifier)]


def _others(data: Path, key: str, classifier: Classifier) -> Iterator[tuple[str, str, str, float]]:
    for one in domain_sets(data):
        truth = _truth(one, key)
        if truth:
            labels, values = best_labels(
                classifier_lines(pa.array(one.texts, pa.large_string()), classifier.form), classifier
            )
            for label, value in zip(labels, values, strict=True):
                yield one.name, truth, str(label), float(value)


def _truth(one: DomainSet, key: str) -> str | None:
    if key != "explains":
        found: str | None = getattr(one, key)
        return found
    return one.format and ("explains" if one.format in EXPLAINING else "other")


def judged(told: Sequence[Told]) -> dict[str, Any]:
    """Macro-F1 over labels that occur, the share that is right, confusion, and what confidence is worth."""
    labels = sorted({t.truth for t in told} | {t.label for t in told})
    confusion = np.zeros((len(labels), len(labels)), int)
    for t in told:
        confusion[labels.index(t.truth), labels.index(t.label)] += 1
    f1 = {
        label: 2 * confusion[n, n] / (confusion[n].sum() + confusion[:, n].sum())
        for n, label in enumerate(labels)
        if confusion[n].sum()
    }
    return {
        "documents": len(told),
        "macro_f1": round(float(np.mean(list(f1.values()))), 3),
        "accuracy": round(float(np.trace(confusion) / len(told)), 3),
        "f1": {label: round(float(value), 3) for label, value in f1.items()},
        "confusion": {label: _row(labels, confusion[n]) for n, label in enumerate(labels)},
        "confidence": [_at(told, least) for least in CONFIDENCES],
        "sources": _sources(told),
    }


def _row(labels: Sequence[str], counts: Any) -> dict[str, int]:
    return dict(zip(labels, counts.tolist(), strict=True))


def _at(told: Sequence[Told], least: float) -> dict[str, float]:
    sure = [t for t in told if t.confidence >= least]
    right = sum(t.label == t.truth for t in sure)
    shares = {"claimed": len(sure) / len(told), "right": right / max(len(sure), 1)}
    return {"min_confidence": least, **{name: round(share, 3) for name, share in shares.items()}}


def _sources(told: Sequence[Told]) -> dict[str, Any]:
    said: dict[str, Counter[str]] = {}
    for t in told:
        said.setdefault(f"{t.source} ({t.truth})", Counter())[t.label] += 1
    return {source: dict(counts.most_common(4)) for source, counts in sorted(said.items())}


def speed(data: Path) -> dict[str, float]:
    """MB per second of one core: the whole measurement over the English test texts."""
    batches = list(texts(data / "text" / "english.jsonl.zst"))
    size = sum(batch.column("text").nbytes - 8 * (batch.num_rows + 1) for batch in batches) / 1e6
    loaded, config = load(DomainsConfig()), DomainsConfig()
    return {
        "megabytes": round(size, 1),
        "measure": round(size / best(batches, lambda b: STAGE.measure(b, config, Context(loaded))), 1),
    }


def page(found: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    parts = [
        f"{found['machine']}. `filters.domains` measures {found['speed']['measure']} MB/s on one core, both models.\n"
    ]
    parts.append(
        "Held out: documents of sources that trained. Left out: whole projects, the recipe trained on the rest. "
        "Other: test sets of other origin.\n"
    )
    for key in MODELS:
        one = found[key]
        parts.append(
            f"## {key}\n\nMacro-F1: held out {one['held_out']:.3f}, left out {one['left_out']['macro_f1']:.3f} "
            f"(right {one['left_out']['accuracy']:.0%}), other {one['other']['macro_f1']:.3f} "
            f"(right {one['other']['accuracy']:.0%}).\n"
        )
        for name in ("left_out", "other"):
            parts += [f"### {key}, {name.replace('_', ' ')}\n", _confusion(one[name]), _confidence(one[name])]
        parts += ["Labels most often given to each other set:\n", _listed(one["other"]["sources"])]
    return "\n".join(parts)


def _confusion(one: Mapping[str, Any]) -> str:
    labels = list(one["confusion"])
    lines = [["is \\ said", *labels, "F1"], ["---", *["--:"] * (len(labels) + 1)]]
    for label, row in one["confusion"].items():
        if sum(row.values()):
            lines.append([label, *map(str, row.values()), f"{one['f1'][label]:.2f}"])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _confidence(one: Mapping[str, Any]) -> str:
    head = "| min_confidence | claimed | right of these |\n|--:|--:|--:|\n"
    return head + "".join(
        f"| {row['min_confidence']} | {row['claimed']:.0%} | {row['right']:.0%} |\n" for row in one["confidence"]
    )


def _listed(sources: Mapping[str, Mapping[str, int]]) -> str:
    return "".join(
        f"- {source}: {', '.join(f'{label} {n}' for label, n in said.items())}\n" for source, said in sources.items()
    )


if __name__ == "__main__":
    main()
