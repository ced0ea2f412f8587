"""Models in a store: every version under `models/<name>/<fingerprint>/`, one of them current."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from curation_lib.core.artefact import CURRENT, MANIFEST, METRICS, ModelManifest, check_name
from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.runner.store import Store, canonical_json
from curation_lib.training.writing import check_new


class Made(NamedTuple):
    """A model that was trained, and where it lies. current: whether its name means it now; None outside a store."""

    manifest: ModelManifest
    place: str
    current: bool | None
    metrics: dict[str, Any]


def made_model(
    train: Callable[[Path], ModelManifest], name: str, output: str | None, store: str | None, use: bool
) -> Made:
    """The model that `train` leaves in a folder: `output` where that is given, else one that goes to the store.

    In a store the first version of a name is current at once, a later one where `use` says so. What can be told
    before the training is: ConfigError without a place, for a name that is none and a folder that holds anything,
    StoreError for a store that cannot be reached.
    """
    check_name(name)
    if output is not None:
        check_new(Path(output))
        return Made(train(Path(output)), output, None, _metrics(Path(output)))
    if store is None:
        raise ConfigError("--output or --store: say where the model goes")
    to = Store(store)
    made = stored_model(train, name, to)
    if use or current(to, name) is None:
        make_current(to, name, made.manifest.fingerprint)
    return made._replace(current=current(to, name) == made.manifest.fingerprint)


def stored_model(train: Callable[[Path], ModelManifest], name: str, store: Store) -> Made:
    """The model that `train` leaves in a folder as a version in `store`. What is current, if anything, stays so.

    Raises ConfigError for a name that is none, StoreError for a store that cannot be reached, before the training.
    """
    check_name(name)
    store.check()
    with tempfile.TemporaryDirectory(prefix="winnow-model-") as folder:
        place = Path(folder, "model")
        manifest = train(place)
        directory, metrics = publish_model(store, place), _metrics(place)
    return Made(manifest, store.address(directory), current(store, name) == manifest.fingerprint, metrics)


def _metrics(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((folder / METRICS).read_bytes())
    return found


def publish_model(store: Store, folder: Path) -> str:
    """Copy the complete artefact in `folder` to the store, its manifest last; returns its key there.

    A version that is there is left as it is. Raises StoreError where it holds other bytes, ConfigError for a name that
    is no single word.
    """
    data = (folder / MANIFEST).read_bytes()
    manifest = ModelManifest.model_validate_json(data)
    check_name(manifest.name)
    directory = f"models/{manifest.name}/{manifest.fingerprint}"
    if not store.exists(f"{directory}/{MANIFEST}"):
        for name in manifest.files:
            with (folder / name).open("rb") as file, store.writing(f"{directory}/{name}") as written:
                shutil.copyfileobj(file, written.file)
    if not store.create(f"{directory}/{MANIFEST}", data) and store.read(f"{directory}/{MANIFEST}") != data:
        raise StoreError(
            f"{store.address(directory)} holds another model for the same settings, data and libraries; "
            "another version of Winnow trained it, or training was not deterministic (report that); "
            "train under another name"
        )
    return directory


def make_current(store: Store, name: str, fingerprint: str) -> None:
    """From now on `models/<name>` means this version. Raises ConfigError where it is not complete."""
    if not store.exists(f"models/{name}/{fingerprint}/{MANIFEST}"):
        known = ", ".join(one["fingerprint"] for one in versions(store, name)) or "none"
        raise ConfigError(f"{name}: no version {fingerprint}; versions are {known}")
    store.put(f"models/{name}/{CURRENT}", canonical_json({"fingerprint": fingerprint}))


def current(store: Store, name: str) -> str | None:
    """The current version's fingerprint, None where none is."""
    found = store.find_json(f"models/{name}/{CURRENT}")
    return found["fingerprint"] if found else None


def versions(store: Store, name: str = "") -> Sequence[dict[str, Any]]:
    """Every complete version of the model, or of all: name, kind, fingerprint, license, and whether it is current."""
    found = []
    for key in store.list(f"models/{name}" if name else "models"):
        if key.endswith(f"/{MANIFEST}"):
            manifest = ModelManifest.model_validate_json(store.read(key))
            one = manifest.model_dump(include={"name", "kind", "fingerprint", "license"})
            found.append(one | {"current": current(store, manifest.name) == manifest.fingerprint})
    return found
