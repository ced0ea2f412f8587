"""Where a source's files lie: local paths, folders, globs, s3:// and https://, listed in one fixed order."""

from __future__ import annotations

import hashlib
import os
import re
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
_WILD = re.compile(r"[*?\[]")


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
    with _reached(path, "list"):
        fs, root = fsspec.core.url_to_fs(path, **_options(path))
        root = os.path.abspath(os.path.expanduser(root)) if _is_local(fs) else root.rstrip("/")
        base, found = _matches(fs, root)
        if "s3" in fs.protocol and not found:
            _check_bucket(fs, root, path)
    kept = [f for f in found if f == root or f.lower().endswith(suffixes)]
    if not found:
        raise ConfigError(f"paths: there is nothing at {path} (files end in {_said(suffixes)}); correct the path")
    if not kept:
        raise ConfigError(f"paths: nothing at {path} ends in {_said(suffixes)}; correct the path")
    for file in kept:
        with _reached(path, "read"):
            yield Shard(fs.unstrip_protocol(file), file[len(base) :].lstrip("/"), *_pin(fs, file))


def _said(suffixes: tuple[str, ...]) -> str:
    return ", ".join(suffixes)


def _check_bucket(fs: Any, root: str, path: str) -> None:
    """s3fs lists a missing bucket as an empty one."""
    bucket = root.partition("/")[0]
    if not fs.exists(bucket):
        raise StoreError(f"cannot list {path}: there is no bucket {bucket!r}; create it or correct the path")


def _matches(fs: Any, root: str) -> tuple[str, list[str]]:
    """What names are relative to, and the files found, in order."""
    if "http" not in fs.protocol:
        if wild := _WILD.search(root):
            return root[: root.rfind("/", 0, wild.start())], sorted(f for f in fs.glob(root) if fs.isfile(f))
        if fs.isdir(root):
            return root, sorted(fs.find(root))
        if not fs.exists(root):
            return root, []
    fs.info(root)
    return root.rpartition("/")[0], [root]


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
    fs, path = fsspec.core.url_to_fs(shard.url, **_options(shard.url))
    if _is_local(fs):
        with _reached(shard.url, "read"):
            _check_size(shard, os.stat(path).st_size)
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="winnow-shard-") as copy:
        with _reached(shard.url, "read"), fs.open(path, "rb") as f:
            shutil.copyfileobj(f, copy, 8 << 20)
        copy.flush()
        _check_size(shard, copy.tell())
        yield copy.name


def _check_size(shard: Shard, size: int) -> None:
    if size != shard.size:
        raise StoreError(f"{shard.url} was {shard.size} bytes when listed and is {size} now; build again")


def _is_local(fs: Any) -> bool:
    return "file" in fs.protocol


def _options(path: str) -> dict[str, Any]:
    return {"use_listings_cache": False} if path.startswith(("s3://", "s3a://")) else {}


@contextmanager
def _reached(path: str, what: str) -> Iterator[None]:
    try:
        yield
    except _failures(path) as e:
        reason = " ".join(f"{type(e).__name__}: {e}".split())
        raise StoreError(
            f"cannot {what} {path}: {reason}; check that it exists, its address and the credentials"
        ) from e


def _failures(path: str) -> tuple[type[BaseException], ...]:
    """What the filesystem's client raises; asked for only once something failed."""
    local = (OSError, ImportError, ValueError)
    if path.startswith(("s3://", "s3a://")):
        from botocore.exceptions import BotoCoreError, ClientError

        return (*local, BotoCoreError, ClientError)
    if path.startswith("http"):
        from aiohttp import ClientError as HttpError

        return (*local, HttpError)
    return local
