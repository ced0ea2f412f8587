"""Fingerprints: what shapes an output, hashed. Equal fingerprints mean equal bytes under one lock and CPU."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import orjson

from curation_lib.core.config import Role, StageConfig
from curation_lib.core.places import options
from curation_lib.core.stage import Stage

WRITER = {"format": 3, "libraries": ("pyarrow",)}
"""Bump `format` when the runner writes parts, ledgers or scores in another way."""


def fingerprint(value: Any) -> str:
    """32 hex digits of the sha256 of `value` as canonical JSON."""
    data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(data).hexdigest()[:32]


def stage_identity(
    stage: Stage, config: StageConfig, roles: Sequence[Role] = ("output", "measure", "keep")
) -> dict[str, Any]:
    """What of a stage shapes its output: name, version, the settings with `roles`, models and libraries."""
    more = stage.libraries_of(config) if stage.libraries_of else ()
    return {
        "stage": stage.name,
        "version": stage.version,
        "config": config.only(*roles),
        "models": model_hashes(stage, config),
        "libraries": library_versions((*stage.libraries, *more)),
        "unicode": unicodedata.unidata_version,
        "writer": {"format": WRITER["format"], "libraries": library_versions(("pyarrow",))},
    }


def library_versions(names: Sequence[str]) -> Mapping[str, str]:
    """Installed versions of distributions, by name."""
    return {name: version(name) for name in sorted(names)}


def model_hashes(stage: Stage, config: StageConfig) -> Any:
    """sha256 of each model file, JSON-ready. Named files keep their names: what a list is called shapes the ledger as
    its entries do."""
    models = stage.model_files(config) if stage.model_files else ()
    if isinstance(models, Mapping):
        return {name: file_sha256(path) for name, path in models.items()}
    return [file_sha256(path) for path in models]


def file_sha256(path: str) -> str:
    """sha256 of a model file, at a local path or any fsspec URL; read again where its size, time or ETag changed."""
    import fsspec

    fs, place = fsspec.core.url_to_fs(path, **options(path))
    return _sha256(path, str(fs.info(place)))


@cache
def _sha256(path: str, state: str) -> str:
    import fsspec

    digest = hashlib.sha256()
    with fsspec.open(path, "rb", compression=None) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
