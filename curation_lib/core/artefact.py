"""A trained model as a folder: its files, `card.md`, `metrics.json`, and `manifest.json`, written last: its being there
means complete.

In a store it lies at `models/<name>/<fingerprint>/`, and `models/<name>/current.json` says which version is current.
A setting names such a folder, a `models/<name>` whose current version counts, or a model file of anyone's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import file_sha256, fingerprint
from curation_lib.core.places import options, reached

MANIFEST, CURRENT, CARD, METRICS = "manifest.json", "current.json", "card.md", "metrics.json"
PLAIN = "model"
"""What the hash of a model file that is no artefact is called: its own name shapes nothing."""
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]*")


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Frozen):
    """Bytes and sha256 of one file of a model."""

    size: int
    sha256: str


class TrainingData(_Frozen):
    """One input of a training. sha256: over what was taken of it, licences included; licenses: documents by SPDX."""

    name: str
    label: str | None = None
    documents: int
    bytes: int
    licenses: dict[str, int]
    sha256: str


class ModelManifest(_Frozen):
    """What `manifest.json` holds. `files` are all files of the folder but the manifest itself; no clock, no host.
    `holds`: what of its training texts the files hold, where that is said."""

    name: str
    kind: str
    fingerprint: str
    license: str
    settings: dict[str, Any]
    libraries: dict[str, str]
    data: tuple[TrainingData, ...]
    files: dict[str, ModelFile]
    holds: str = Field("", exclude_if=lambda said: not said)


@dataclass(frozen=True)
class Model:
    """A model where it lies. `manifest` is None for a model file of anyone's, then `place` is that file's."""

    place: str
    manifest: ModelManifest | None

    def file(self, name: str) -> str:
        """Place of the artefact's file `name`, of the model file itself where it is no artefact."""
        return f"{self.place}/{name}" if self.manifest else self.place


def model_fingerprint(
    kind: str,
    license: str,
    settings: Mapping[str, Any],
    data: Sequence[TrainingData],
    libraries: Mapping[str, str],
    refused: Mapping[str, Any],
) -> str:
    """The version's name: what shapes a model's files, hashed; also what was refused, if anything, for the card."""
    shapes = [kind, license, settings, [one.model_dump() for one in data], libraries]
    return fingerprint([*shapes, refused] if refused else shapes)


def check_name(name: str, what: str = "--name") -> None:
    """ConfigError, which begins with `what`, unless the name is a single word: a model's is a folder of the store."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{what} {name!r}: letters, digits, `_`, `.` and `-` only, a letter or digit first")


def _leads_somewhere(path: str) -> str:
    if "://" not in path and not Path(path).expanduser().exists():
        raise ValueError(f"there is nothing at {path}; give a model's folder, <store>/models/<name> or a model file")
    return path


Place = Annotated[str, AfterValidator(_leads_somewhere)]
"""Type of a setting that names a model: a local path that leads nowhere is a ValueError with remedy, when the recipe is
read; what lies elsewhere is not asked for then."""


def find_model(path: str, kinds: Sequence[str]) -> Model:
    """The model that a setting names, at a local path or any fsspec URL; a current version is looked up now.

    Raises ConfigError where there is none, where it is not complete, or where it is of none of `kinds`, StoreError
    where it cannot be reached.
    """
    place = path.rstrip("/") if "://" in path else str(Path(path).expanduser())
    if (manifest := _read(f"{place}/{MANIFEST}")) is None and (current := _read(f"{place}/{CURRENT}")) is not None:
        place = f"{place}/{_current(current, place)}"
        manifest = _read(f"{place}/{MANIFEST}")
        if manifest is None:
            raise ConfigError(f"model: {place} is current but not complete (no {MANIFEST}); train it again")
    if manifest is None:
        return Model(_file(place), None)
    found = _parsed(manifest, place)
    if found.kind not in kinds:
        raise ConfigError(f"model: {place} is of kind {found.kind!r}, not {' or '.join(kinds)}; name another model")
    return Model(place, found)


def hashed_files(model: Model, names: Sequence[str]) -> dict[str, str]:
    """Places by name of the files that shape what the model says, for a stage's `model_files`: the manifest, which
    holds the settings, and the artefact's files `names`. Raises ConfigError where one of them is not there."""
    if model.manifest is None:
        return {PLAIN: model.place}
    return {MANIFEST: model.file(MANIFEST), **{name: _file(model.file(name)) for name in names}}


def verified_file(model: Model, name: str) -> str:
    """Place of the file `name` (`Model.file`). Raises ConfigError where its bytes are not those of the manifest."""
    place = model.file(name)
    said = model.manifest.files.get(name) if model.manifest else None
    if model.manifest and (said is None or file_sha256(place) != said.sha256):
        raise ConfigError(f"model: {place} is not the file of its {MANIFEST}: copy the model whole, or train it again")
    return place


def model_facts(model: Model) -> dict[str, Any]:
    """What a dataset's manifest says of the model it used."""
    if model.manifest is None:
        return {"sha256": file_sha256(model.place)}
    return model.manifest.model_dump(include={"name", "kind", "fingerprint", "license"})


def _parsed(data: bytes, place: str) -> ModelManifest:
    try:
        return ModelManifest.model_validate_json(data)
    except ValidationError as e:
        where = ".".join(str(part) for part in e.errors()[0]["loc"])
        raise ConfigError(f"model: {place}/{MANIFEST} is no model's manifest (at {where!r}); train it again") from e


def _current(data: bytes, place: str) -> str:
    try:
        return str(orjson.loads(data)["fingerprint"])
    except (ValueError, KeyError, TypeError) as e:
        raise ConfigError(f"model: {place}/{CURRENT} names no fingerprint; choose a version again") from e


def _read(path: str) -> bytes | None:
    """The file's bytes, None where there is no such file. Raises StoreError for what cannot be reached."""
    import fsspec

    with reached(path, "model: cannot read"):
        fs, place = fsspec.core.url_to_fs(path, **options(path))
        try:
            return bytes(fs.cat_file(place))
        except (FileNotFoundError, NotADirectoryError):
            return None


def _file(path: str) -> str:
    import fsspec

    with reached(path, "model: cannot read"):
        fs, place = fsspec.core.url_to_fs(path, **options(path))
        found = bool(fs.isfile(place))
    if not found:
        raise ConfigError(f"model: there is no model at {path}; give a model's folder, models/<name> or a model file")
    return path
