"""Completes a model's folder: metrics, card, and the manifest last."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from curation_lib.core.artefact import (
    CARD,
    MANIFEST,
    METRICS,
    ModelFile,
    ModelManifest,
    TrainingData,
    model_fingerprint,
)
from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import library_versions


class Described(NamedTuple):
    """What a model is, whatever its files hold. libraries: distributions whose versions shape the files. holds: what of
    the training texts these hold, for the manifest. refused: what could not train, by reason, which the card and the
    metrics say."""

    name: str
    kind: str
    license: str
    settings: Mapping[str, Any]
    data: Sequence[TrainingData]
    libraries: Sequence[str]
    holds: str = ""
    refused: Mapping[str, Any] = MappingProxyType({})

    @property
    def fingerprint(self) -> str:
        versions = library_versions(self.libraries)
        return model_fingerprint(self.kind, self.license, self.settings, self.data, versions, self.refused)


def all_licenses(data: Sequence[TrainingData]) -> str:
    """Every licence of the documents, as one SPDX expression."""
    found = sorted({one for item in data for one in item.licenses})
    return " AND ".join(f"({one})" if " " in one and len(found) > 1 else one for one in found)


def check_new(folder: Path) -> None:
    """ConfigError where `folder` holds anything: a model is never trained over another."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty; name a new folder for the model")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to make a model in, which becomes `folder` on a clean exit and is thrown away on an error.

    Raises ConfigError where `folder` holds anything (`check_new`).
    """
    check_new(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as place:
        made = Path(place, "model")
        made.mkdir()
        yield made
        os.replace(made, folder)


def complete(folder: Path, described: Described, metrics: Mapping[str, Any], card: str) -> ModelManifest:
    """Write `metrics.json`, `card.md` and the manifest into `folder`, which holds the model's files. Equal inputs give
    equal bytes."""
    (folder / METRICS).write_bytes(readable_json(metrics))
    (folder / CARD).write_text(card, encoding="utf-8")
    names = sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)
    manifest = ModelManifest(
        name=described.name,
        kind=described.kind,
        fingerprint=described.fingerprint,
        license=described.license,
        settings=dict(described.settings),
        libraries=dict(library_versions(described.libraries)),
        data=tuple(described.data),
        files={name: _described(folder / name) for name in names},
        holds=described.holds,
    )
    temporary = folder / f".{MANIFEST}"
    temporary.write_bytes(readable_json(manifest.model_dump()))
    os.replace(temporary, folder / MANIFEST)
    return manifest


def readable_json(value: Any) -> bytes:
    """JSON with sorted keys, indented, one newline at its end."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _described(path: Path) -> ModelFile:
    with path.open("rb") as file:
        return ModelFile(size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())
