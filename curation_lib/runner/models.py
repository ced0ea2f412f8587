"""Models in a store: every version under `models/<name>/<fingerprint>/`, one of them current."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curation_lib.core.artefact import CURRENT, MANIFEST, ModelManifest
from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.runner.store import Store, canonical_json


def publish_model(store: Store, folder: Path) -> str:
    """Copy the complete artefact in `folder` to the store, its manifest last; returns its key there.

    A version that is there is left as it is. Raises StoreError where it holds other bytes.
    """
    data = (folder / MANIFEST).read_bytes()
    manifest = ModelManifest.model_validate_json(data)
    directory = f"models/{manifest.name}/{manifest.fingerprint}"
    if not store.exists(f"{directory}/{MANIFEST}"):
        for name in manifest.files:
            with (folder / name).open("rb") as file, store.writing(f"{directory}/{name}") as written:
                shutil.copyfileobj(file, written.file)
    if not store.create(f"{directory}/{MANIFEST}", data) and store.read(f"{directory}/{MANIFEST}") != data:
        raise StoreError(
            f"{store.address(directory)} holds another model for the same settings, data and libraries; "
            "training was not deterministic: report it, and train under another name"
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
