"""Where given files lie: local paths, folders, globs and fsspec URLs, listed in one order, and their bytes on disk."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from curation_lib.core.errors import StoreError

_WILD = re.compile(r"[*?\[]")


class Found(NamedTuple):
    """What lies at a path: `files` as `fs` calls them, in order; `root` is the path itself, `base` what names are
    relative to: the folder, the part of a glob before its first wildcard, or the folder of a single file."""

    fs: Any
    root: str
    base: str
    files: list[str]

    def name(self, file: str) -> str:
        """The file's path below `base`: it does not change when files come or go beside it."""
        return file[len(self.base) :].lstrip("/")

    def url(self, file: str) -> str:
        """The file's place, to be opened anywhere."""
        return str(self.fs.unstrip_protocol(file))


def find(path: str, where: str = "") -> Found:
    """The files at `path`, none where there is nothing. Over HTTP a path is one file.

    Raises StoreError, its text after `where`, for what cannot be reached: a missing bucket, credentials, a server.
    """
    import fsspec

    with reached(path, f"{where}cannot list"):
        fs, root = fsspec.core.url_to_fs(path, **options(path))
        root = os.path.abspath(os.path.expanduser(root)) if is_local(fs) else root.rstrip("/")
        base, files = _matches(fs, root)
        if "s3" in fs.protocol and not files:
            _check_bucket(fs, root, f"{where}cannot list {path}")
    return Found(fs, root, base, files)


def _check_bucket(fs: Any, root: str, what: str) -> None:
    """s3fs lists a missing bucket as an empty one."""
    bucket = root.partition("/")[0]
    if not fs.exists(bucket):
        raise StoreError(f"{what}: there is no bucket {bucket!r}; create it or correct the path")


def _matches(fs: Any, root: str) -> tuple[str, list[str]]:
    if "http" not in fs.protocol:
        if wild := _WILD.search(root):
            return root[: root.rfind("/", 0, wild.start())], sorted(f for f in fs.glob(root) if fs.isfile(f))
        if fs.isdir(root):
            return root, sorted(fs.find(root))
        if not fs.exists(root):
            return root, []
    fs.info(root)
    return root.rpartition("/")[0], [root]


@contextmanager
def on_disk(url: str, where: str = "") -> Iterator[str]:
    """A local path with the file's bytes; a remote file is fetched to a temporary one (disk, not memory).

    Raises StoreError, its text after `where`, where it cannot be fetched.
    """
    import fsspec

    fs, path = fsspec.core.url_to_fs(url, **options(url))
    if is_local(fs):
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="winnow-file-") as copy:
        with reached(url, f"{where}cannot read"), fs.open(path, "rb") as file:
            shutil.copyfileobj(file, copy, 8 << 20)
        copy.flush()
        yield copy.name


def is_local(fs: Any) -> bool:
    """Whether the filesystem is this machine's."""
    return "file" in fs.protocol


def options(path: str) -> dict[str, Any]:
    """What fsspec is told for a path: listings of S3 are not remembered."""
    return {"use_listings_cache": False} if path.startswith(("s3://", "s3a://")) else {}


@contextmanager
def reached(path: str, what: str) -> Iterator[None]:
    """StoreError, one line that begins with `what` and `path`, for whatever a filesystem's client raises."""
    try:
        yield
    except _failures(path) as e:
        reason = " ".join(f"{type(e).__name__}: {e}".split())
        raise StoreError(f"{what} {path}: {reason}; check that it exists, its address and the credentials") from e


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
