"""A version of a model beside the current one: how well each does, what trained them, what is different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from curation_lib.core.artefact import CARD, MANIFEST, METRICS, ModelManifest
from curation_lib.core.errors import ConfigError
from curation_lib.runner.models import current
from curation_lib.runner.store import Store

Number = float | int | None


class Version(NamedTuple):
    """One complete version in a store: its manifest, its metrics, its card (Markdown)."""

    manifest: ModelManifest
    metrics: Mapping[str, Any]
    card: str

    def numbers(self) -> dict[str, Number]:
        """Its metrics in a few numbers by name, those of documents it was not trained on first."""
        return dict(_NUMBERS.get(self.manifest.kind, _plain)(self.metrics, self.manifest))

    def documents(self) -> dict[str, int]:
        """Documents that trained or measured it, by label (`documents` where they have none)."""
        found: Counter[str] = Counter()
        for one in self.manifest.data:
            found[one.label or "documents"] += one.documents
        return dict(found)

    def licenses(self) -> dict[str, int]:
        """Documents by licence, sorted."""
        return dict(sorted(sum((Counter(one.licenses) for one in self.manifest.data), Counter[str]()).items()))


class Review(NamedTuple):
    """A candidate, and what it would replace (None: no version is current)."""

    candidate: Version
    current: Version | None

    @property
    def in_use(self) -> bool:
        """Whether the candidate is the current version."""
        return self.current is not None and self.current.manifest.fingerprint == self.candidate.manifest.fingerprint

    def numbers(self) -> list[tuple[str, Number, Number]]:
        """(name, the candidate's, the current version's) for each number that either has."""
        new, old = self.candidate.numbers(), self.current.numbers() if self.current else {}
        return [(name, new.get(name), old.get(name)) for name in [*new, *(n for n in old if n not in new)]]

    def changes(self) -> list[str]:
        """What trained the candidate otherwise than the current version, a line each; [] without a current one."""
        if self.current is None:
            return []
        new, old = self.candidate.manifest, self.current.manifest
        files = {(one.label, one.name): one.sha256 for one in old.data}
        now = {(one.label, one.name): one.sha256 for one in new.data}
        return [
            *_differences("setting", new.settings, old.settings),
            *_differences("library", new.libraries, old.libraries),
            *([f"licence: {new.license}, was {old.license}"] if new.license != old.license else []),
            *(f"data: {_named(one)} is new" for one in now if one not in files),
            *(f"data: {_named(one)} is gone" for one in files if one not in now),
            *(f"data: {_named(one)} holds other documents" for one in now if files.get(one, now[one]) != now[one]),
        ]


def version(store: Store, name: str, fingerprint: str) -> Version:
    """The version of the model in the store. Raises ConfigError where it is not complete."""
    directory = f"models/{name}/{fingerprint}"
    try:
        manifest = ModelManifest.model_validate_json(store.read(f"{directory}/{MANIFEST}"))
    except FileNotFoundError:
        raise ConfigError(f"{store.address(directory)}: there is no such version; `winnow models` lists them") from None
    return Version(manifest, store.read_json(f"{directory}/{METRICS}"), store.read(f"{directory}/{CARD}").decode())


def review(store: Store, name: str, fingerprint: str) -> Review:
    """The version beside the current one. Raises ConfigError where either is not complete."""
    now = current(store, name)
    return Review(version(store, name, fingerprint), version(store, name, now) if now else None)


def number(value: Number) -> str:
    """A metric as a person reads it; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


def _named(file: tuple[str | None, str]) -> str:
    return " ".join(part for part in file if part)


def _differences(what: str, new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[str]:
    for key in [*new, *(key for key in old if key not in new)]:
        if new.get(key) != old.get(key):
            yield f"{what} {key}: {new.get(key)}, was {old.get(key)}"


def _classifier(metrics: Mapping[str, Any], manifest: ModelManifest) -> Iterator[tuple[str, Number]]:
    held = metrics["held_out"]
    yield from ((f"held out {name}", held[key]) for name, key in (("accuracy", "accuracy"), ("macro F1", "macro_f1")))
    for label in manifest.settings["labels"]:
        yield from ((f"{label}: {key}", held["by_label"][label][key]) for key in ("precision", "recall", "auc"))
    yield from (("documents held out", held["documents"]), ("documents trained on", metrics["trained"]))


def _density(metrics: Mapping[str, Any], manifest: ModelManifest) -> Iterator[tuple[str, Number]]:
    yield "AUC of sources left out", metrics["auc_by_penalty"][str(metrics["penalty"])]
    yield "the worst source's AUC", min(metrics["auc_left_out"].values(), default=None)
    yield "rank correlation with length", metrics.get("length_correlation", {}).get("score")
    yield "documents trained on", metrics["trained"]


def _ngram(metrics: Mapping[str, Any], manifest: ModelManifest) -> Iterator[tuple[str, Number]]:
    held = metrics["held_out"]
    for name, key in (("perplexity", "perplexity"), ("share of tokens unknown", "unknown"), ("documents", "documents")):
        yield f"held out: {name}", held.get(key)
    yield "tokens trained on", metrics["tokens"]


def _plain(metrics: Mapping[str, Any], manifest: ModelManifest) -> Iterator[tuple[str, Number]]:
    yield from ((name, value) for name, value in metrics.items() if isinstance(value, int | float))


_NUMBERS: dict[str, Callable[[Mapping[str, Any], ModelManifest], Iterator[tuple[str, Number]]]] = {
    "fasttext": _classifier,
    "density": _density,
    "ngram": _ngram,
}
