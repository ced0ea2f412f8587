"""Where a source's files lie: local paths, folders, globs, s3:// and https://, listed in one fixed order."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import fsspec
from pydantic import model_validator

from curation_lib.core.config import StageConfig, locate
from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.core.stage import Shard

MAX_DOCUMENT_BYTES = 20 << 20


class SourceConfig(StageConfig):
    """What every source needs: where it lies, what it is called, under which licence it stands.

    max_document_bytes: a larger record is quarantined, never read whole.
    max_expansion: a compressed file that grows by more than this factor is quarantined from there on
        (a gzip bomb); files that stay below 256 MiB are never judged.
    """

    paths: list[str] = locate(min_length=1)
    source: str
    license: str = "unknown"
    license_evidence: str | None = None
    max_document_bytes: int = MAX_DOCUMENT_BYTES
    max_expansion: int = 200
    batch_rows: int = locate(256, ge=1)
    batch_bytes: int = locate(16 << 20, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _one_path(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("paths"), str):
            return {**values, "paths": [values["paths"]]}
        return values


def list_shards(config: SourceConfig, suffixes: Sequence[str]) -> list[Shard]:
    """One shard per input file with one of `suffixes`, ordered by name.

    Raises ConfigError where a path matches nothing, StoreError where it cannot be reached.
    """
    shards = [shard for path in config.paths for shard in _expand(path, suffixes)]
    names = [s.name for s in shards]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise ConfigError(f"source {config.source!r}: paths name {twice!r} twice; give each file once")
    return sorted(shards, key=lambda s: s.name)


def _expand(path: str, suffixes: Sequence[str]) -> Iterator[Shard]:
    try:
        fs, root = fsspec.core.url_to_fs(path)
        if fs.protocol == "file" or "file" in fs.protocol:
            root = os.path.abspath(os.path.expanduser(root))
        found = _matches(fs, root)
    except (OSError, ImportError, ValueError) as e:
        raise StoreError(
            f"cannot list {path}: {type(e).__name__}: {e}; check the path and its credentials"
        ) from e
    kept = [f for f in found if f == root or f.lower().endswith(tuple(suffixes))]
    if not kept:
        raise ConfigError(f"paths: nothing at {path!r} ends in {', '.join(suffixes)}; correct the path")
    base = os.path.commonpath([os.path.dirname(f) for f in kept])
    for file in kept:
        yield Shard(fs.unstrip_protocol(file), os.path.relpath(file, base), *_pin(fs, file))


def _matches(fs: Any, root: str) -> list[str]:
    if any(c in root for c in "*?[") and "http" not in fs.protocol:
        return [f for f in sorted(fs.glob(root)) if fs.isfile(f)]
    if "http" not in fs.protocol and fs.isdir(root):
        return sorted(fs.find(root))
    if not fs.exists(root):
        raise ConfigError(f"paths: there is no {fs.unstrip_protocol(root)}; correct the path")
    return [root]


def _pin(fs: Any, file: str) -> tuple[int, str]:
    """Size and what identifies the bytes: sha256, or on S3 the ETag and version."""
    info = fs.info(file)
    if "s3" in fs.protocol:
        return int(
            info["size"]
        ), f"etag:{str(info.get('ETag', '')).strip(chr(34))}:{info.get('VersionId') or ''}"
    digest = hashlib.sha256()
    size = 0
    with fs.open(file, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
            size += len(block)
    return size, f"sha256:{digest.hexdigest()}"


@contextmanager
def local_copy(shard: Shard) -> Iterator[str]:
    """A local path with the shard's bytes; a remote shard is fetched to a temporary file (disk, not memory)."""
    fs, path = fsspec.core.url_to_fs(shard.url)
    if "file" in fs.protocol:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="winnow-shard-") as copy:
        with fs.open(path, "rb") as f:
            shutil.copyfileobj(f, copy, 8 << 20)
        copy.flush()
        yield copy.name
