"""Where a source's files lie: local paths, folders, globs, s3:// and https://, listed in one fixed order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import model_validator

from curation_lib.core.config import StageConfig, locate
from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.core.places import find, on_disk, reached
from curation_lib.core.stage import Shard

MAX_DOCUMENT_BYTES = 20 << 20


class SourceConfig(StageConfig):
    """What every source needs: where it lies, what it is called, under which licence it stands.

    max_document_bytes: a larger record is quarantined, never read whole.
    max_expansion: compressed JSON lines that grow by more than this factor are quarantined from there on
        (a bomb); files that stay below 256 MiB are never judged. WARC records are bounded one by one.
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

    A name is the path below what the recipe named: the folder, the part of a glob before its first wildcard,
    or the folder of a single file. It does not change when files come or go beside it.
    Raises ConfigError where a path matches nothing or two files have one name, StoreError where it cannot be
    reached.
    """
    shards: dict[str, Shard] = {}
    for path in config.paths:
        for shard in _expand(path, tuple(suffixes)):
            if (other := shards.setdefault(shard.name, shard)) is not shard:
                raise ConfigError(
                    f"paths: {shard.url} and {other.url} are both called {shard.name!r} in source "
                    f"{config.source!r}; name their common folder, or make them sources of their own"
                )
    return [shards[name] for name in sorted(shards)]


def _expand(path: str, suffixes: tuple[str, ...]) -> Iterator[Shard]:
    found = find(path)
    kept = [file for file in found.files if file == found.root or file.lower().endswith(suffixes)]
    if not found.files:
        raise ConfigError(f"paths: there is nothing at {path} (files end in {_said(suffixes)}); correct the path")
    if not kept:
        raise ConfigError(f"paths: nothing at {path} ends in {_said(suffixes)}; correct the path")
    for file in kept:
        with reached(path, "cannot read"):
            yield Shard(found.url(file), found.name(file), *_pin(found.fs, file))


def _said(suffixes: tuple[str, ...]) -> str:
    return ", ".join(suffixes)


def _pin(fs: Any, file: str) -> tuple[int, str]:
    """Size and what identifies the bytes: sha256, or on S3 the ETag and version."""
    if "s3" in fs.protocol:
        info = fs.info(file)
        etag = str(info.get("ETag", "")).strip('"')
        return int(info["size"]), f"etag:{etag}:{info.get('VersionId') or ''}"
    digest = hashlib.sha256()
    size = 0
    with fs.open(file, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
            size += len(block)
    return size, f"sha256:{digest.hexdigest()}"


@contextmanager
def local_copy(shard: Shard) -> Iterator[str]:
    """A local path with the shard's bytes; a remote shard is fetched to a temporary file (disk, not memory).

    Raises StoreError where it cannot be fetched or is not as long as when it was listed.
    """
    with on_disk(shard.url) as path:
        with reached(shard.url, "cannot read"):
            size = os.stat(path).st_size
        _check_size(shard, size)
        yield path


def _check_size(shard: Shard, size: int) -> None:
    if size != shard.size:
        raise StoreError(f"{shard.url} was {shard.size} bytes when listed and is {size} now; build again")
