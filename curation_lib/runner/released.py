"""Earlier releases that a step compares with: where their documents and key rows lie, what of them shapes a dataset.

A release is a finished dataset, in the step's own store or any other. It is opened when the step runs and when a
build begins, never when a recipe is parsed: Airflow parses recipes all day.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.core.stage import OWN, Group
from curation_lib.runner.manifest import Manifest, manifest_of
from curation_lib.runner.plan import Step
from curation_lib.runner.store import Store

KINDS = "a dataset (datasets/<stage>/<fingerprint>), an export, or a folder that `winnow stage` wrote"


class Placed(NamedTuple):
    """A file of one input part, wherever it lies; `release` is its dataset's place in the list, OWN for none."""

    store: Store
    key: str
    release: int = OWN


@dataclass(frozen=True)
class Release:
    """A finished dataset with document parts. `folder` is its own folder as a store: keys are relative to it."""

    folder: Store
    manifest: Manifest

    def parts(self) -> list[str]:
        return [e.files["part"].path for e in self.manifest.shards]

    def keys(self, key_print: str) -> list[str] | None:
        """Its key files where it brings such as `key_print` names, in the order of its parts."""
        if self.manifest.facts.get("keys") != key_print:
            return None
        return [e.files["keys"].path for e in self.manifest.shards]

    def is_at(self, url: str) -> bool:
        return _location(Store(url)) == _location(self.folder)

    def directory_in(self, store: Store) -> str | None:
        """Its key in `store`, None where it lies elsewhere."""
        root, place = _location(store), _location(self.folder)
        return place.removeprefix(f"{root}/") if place.startswith(f"{root}/") else None

    def fact(self, store: Store) -> dict[str, Any]:
        """What the manifest of a dataset in `store` says of it."""
        directory = self.directory_in(store)
        place = {"url": self.folder.url} if directory is None else {"directory": directory}
        manifest = self.manifest
        facts = {"label": manifest.label, "fingerprint": manifest.fingerprint, "documents": manifest.counts["kept"]}
        return {**facts, **place}


def releases_of(step: Step) -> list[Release]:
    """The releases that the step compares with, in the order of its settings; ConfigError where one is none."""
    if step.kind != "group":
        return []
    stage, config = step.bound[0]
    assert isinstance(stage, Group)
    return [open_release(url, step.id) for url in stage.released(config)] if stage.released else []


def require_releases(steps: Iterable[Step]) -> None:
    """Raise ConfigError, naming the step and the entry, unless every release of every step can be opened."""
    for step in steps:
        releases_of(step)


def released_by(manifest: Manifest, store: Store) -> Iterator[Release]:
    """The releases that a dataset in `store` was compared with, as far as they are still there."""
    for fact in manifest.facts.get("released", ()):
        try:
            yield open_release(fact.get("url") or store.address(fact["directory"]), manifest.label)
        except ConfigError:
            continue


def made_from(inputs: Sequence[Manifest], releases: Sequence[Release]) -> list[Any]:
    """What names a step's dataset beside its settings: input datasets, then releases, wherever they lie."""
    return [m.fingerprint for m in inputs] + [["released", r.manifest.fingerprint] for r in releases]


def open_release(url: str, where: str) -> Release:
    """The release in the folder `url`; an export stands for the mixture that it was written from.

    Raises ConfigError, naming `where` and the entry, for anything but a finished dataset with document parts.
    """
    folder = Store(url if "://" in url else os.path.abspath(url))
    manifest = _manifest(folder, url, where)
    if "build_id" in manifest.facts:
        return open_release(_mixture(folder, manifest, url, where), where)
    if any("part" not in entry.files for entry in manifest.shards):
        raise ConfigError(f"{where}: against: {url} holds no documents; give {KINDS}")
    return Release(folder, manifest)


def _manifest(folder: Store, url: str, where: str) -> Manifest:
    try:
        data = folder.find_json("manifest.json")
    except StoreError as e:
        raise ConfigError(f"{where}: against: {e}") from e
    except ValueError as e:
        raise ConfigError(f"{where}: against: {url}/manifest.json is not JSON; give {KINDS}") from e
    if data is None:
        raise ConfigError(f"{where}: against: {url} has no manifest.json, so it is no finished dataset; give {KINDS}")
    try:
        return manifest_of(data)
    except (AttributeError, KeyError, TypeError) as e:
        raise ConfigError(f"{where}: against: {url}/manifest.json is not a dataset's; give {KINDS}") from e


def _mixture(folder: Store, export: Manifest, url: str, where: str) -> str:
    root = folder.url.removesuffix(f"/{export.directory}")
    if root == folder.url:
        raise ConfigError(
            f"{where}: against: {url} is an export away from its store, without content hashes; give the mixture it "
            f"was made from, {export.inputs[0]} of that store"
        )
    return f"{root}/{export.inputs[0]}"


def _location(store: Store) -> str:
    return str(store.fs.unstrip_protocol(store.path("")))
