"""The store: any fsspec URL, with whole-or-nothing writes.

A key is a path below the store's root. `put` may be repeated (two tries write the same bytes); `create`
succeeds for exactly one writer (If-None-Match on S3, a hard link on file://).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, BinaryIO, TypeVar

import fsspec
import orjson

from curation_lib.core.errors import StoreError

T = TypeVar("T")
BLOCK = 8 << 20
_UNFINISHED = ".unfinished"
ABANDONED = timedelta(minutes=15)
"""For so long nobody leaves off in the midst of a file: 12 GB of a checkpoint take one."""
_S3_OPTIONS = {"use_listings_cache": False, "default_block_size": BLOCK}


def canonical_json(value: Any) -> bytes:
    """JSON bytes that are the same for equal values: sorted keys, two-space indent, one final newline."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


class Store:
    """`Store("s3://bucket/prefix")` or `Store("/a/folder")`. Cheap to make; picklable by its URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def __reduce__(self) -> tuple[type[Store], tuple[str]]:
        return type(self), (self.url,)

    @cached_property
    def _place(self) -> tuple[Any, str]:
        options = _S3_OPTIONS if self.url.startswith(("s3://", "s3a://")) else {}
        fs, root = fsspec.core.url_to_fs(self.url, **options)
        return fs, root.rstrip("/")

    @property
    def fs(self) -> Any:
        return self._place[0]

    @property
    def is_local(self) -> bool:
        return "file" in (self.fs.protocol if isinstance(self.fs.protocol, tuple) else (self.fs.protocol,))

    def path(self, key: str) -> str:
        """The path that the filesystem itself understands."""
        return f"{self._place[1]}/{key}" if key else self._place[1]

    def address(self, key: str) -> str:
        """The URL to give to other programs."""
        return f"{self.url}/{key}" if key else self.url

    def check(self) -> None:
        """Raise StoreError, saying what to change, unless the store can be reached and written."""
        key = f".probe-{uuid.uuid4().hex}"
        with self._explained("write to"):
            self.put(key, b"")
            self.fs.rm_file(self.path(key))

    def exists(self, key: str) -> bool:
        with self._explained("read"):
            return bool(self.fs.exists(self.path(key)))

    def read(self, key: str) -> bytes:
        with self._explained("read"):
            return bytes(self.fs.cat_file(self.path(key)))

    def read_json(self, key: str) -> Any:
        return orjson.loads(self.read(key))

    def find_json(self, key: str) -> Any | None:
        """The JSON at `key`, or None where there is none."""
        try:
            return self.read_json(key)
        except FileNotFoundError:
            return None

    def modified(self, key: str) -> datetime:
        """When `key` was last written."""
        with self._explained("read"):
            return self.fs.modified(self.path(key))  # type: ignore[no-any-return]

    def open(self, key: str, whole: bool = True) -> BinaryIO:
        """A file to read. A remote one is fetched whole, in one request (parts are bounded by the shard), or, where
        not `whole`, in the ranges that are asked for."""
        with self._explained("read"):
            options = {} if self.is_local else {"cache_type": "all" if whole else "none"}
            return self.fs.open(self.path(key), "rb", **options)  # type: ignore[no-any-return]

    def list(self, prefix: str) -> list[str]:
        """Every key below `prefix`, sorted; [] where there is none. Unfinished writes are not keys."""
        return [key for key in self._found(prefix) if not key.endswith(_UNFINISHED)]

    def unfinished(self, prefix: str) -> Sequence[str]:
        """What writers left below `prefix` that were killed on the way (or are still at it)."""
        return [key for key in self._found(prefix) if key.endswith(_UNFINISHED)]

    def abandoned(self, prefix: str) -> Sequence[str]:
        """Of those, what no writer is at any more."""
        found = []
        for key in self.unfinished(prefix):
            with suppress(FileNotFoundError):  # it was finished meanwhile
                if datetime.now(UTC) - self.modified(key) > ABANDONED:
                    found.append(key)
        return found

    def _found(self, prefix: str) -> Sequence[str]:
        with self._explained("list"):
            found = self.fs.find(self.path(prefix))
        cut = len(self._place[1]) + 1
        return sorted(str(path)[cut:] for path in found)

    def put(self, key: str, data: bytes) -> None:
        """Write `data` whole, over what may be there."""
        with self._explained("write to"):
            if self.is_local:
                self._replace(key, lambda path: _write(path, data))
            else:
                self.fs.pipe_file(self.path(key), data)

    def create(self, key: str, data: bytes) -> bool:
        """Write `data` if nothing is at `key`; False if another was first (theirs stays)."""
        with self._explained("write to"):
            if self.is_local:
                return self._link(key, data)
            try:
                self.fs.pipe_file(self.path(key), data, mode="create")
            except FileExistsError:
                return False
            except OSError as e:
                if "PreconditionFailed" in repr(e) or "PreconditionFailed" in repr(e.__cause__):
                    return False
                raise
            return True

    def copy(self, source: str, target: str) -> None:
        with self._explained("write to"):
            if self.is_local:
                self._replace(target, lambda path: self.fs.cp_file(self.path(source), path))
            else:
                self.fs.cp_file(self.path(source), self.path(target))

    def remove(self, key: str) -> None:
        with self._explained("write to"):
            self.fs.rm_file(self.path(key))

    @contextmanager
    def writing(self, key: str) -> Iterator[Written]:
        """A local file to write to; uploaded whole on a clean exit, thrown away on an error."""
        with self._explained("write to"):
            written = Written(self._beside(key), 0o666) if self.is_local else Written(_scratch(), 0o600)
        try:
            yield written
            written.close()
            with self._explained("write to"):
                if self.is_local:
                    os.replace(written.path, self.path(key))
                else:
                    self.fs.put_file(written.path, self.path(key))
        finally:
            written.discard()

    def _beside(self, key: str) -> str:
        """An unfinished file in the key's folder: a rename makes it the whole one."""
        folder = os.path.dirname(self.path(key))
        os.makedirs(folder, exist_ok=True)
        return f"{folder}/.{uuid.uuid4().hex}{_UNFINISHED}"

    def _replace(self, key: str, write: Callable[[str], object]) -> None:
        temporary = self._beside(key)
        write(temporary)
        os.replace(temporary, self.path(key))

    def _link(self, key: str, data: bytes) -> bool:
        temporary, target = self._beside(key), self.path(key)
        _write(temporary, data)
        try:
            os.link(temporary, target)
        except FileExistsError:
            return False
        finally:
            os.unlink(temporary)
        return True

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as e:
            if not self.is_local and "bucket" in str(e).lower():
                raise StoreError(f"cannot {what} {self.url}: {e}; create the bucket or correct --store") from e
            raise
        except FileExistsError:
            raise
        except Exception as e:  # every filesystem raises its own kinds
            if isinstance(e, StoreError):
                raise
            raise StoreError(f"cannot {what} {self.url}: {_reason(e)}") from e


class Written:
    """A local file at `path` that nobody else knows yet, hashed when closed."""

    def __init__(self, path: str, mode: int) -> None:
        self.path = path
        self.file: BinaryIO = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb")
        self.bytes, self.sha256 = 0, ""

    def close(self) -> None:
        self.file.close()
        self.bytes = os.path.getsize(self.path)
        with open(self.path, "rb") as f:
            self.sha256 = hashlib.file_digest(f, "sha256").hexdigest()

    def discard(self) -> None:
        self.file.close()
        if os.path.exists(self.path):
            os.unlink(self.path)


def _scratch() -> str:
    """A path in the temporary folder, which other users of the machine see: files there are the owner's alone."""
    return f"{tempfile.gettempdir()}/winnow-{uuid.uuid4().hex}"


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as f:
        f.write(data)


def _reason(e: Exception) -> str:
    text = f"{type(e).__name__}: {e}"
    remedies = {
        "NoSuchBucket": "create the bucket or correct --store",
        "Forbidden": "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "PermissionError": "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the folder's owner",
        "InvalidAccessKeyId": "check AWS_ACCESS_KEY_ID",
        "SignatureDoesNotMatch": "check AWS_SECRET_ACCESS_KEY",
        "NoCredentials": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "EndpointConnectionError": "check AWS_ENDPOINT_URL",
        "ClientConnectorError": "check AWS_ENDPOINT_URL",
    }
    hints = [remedy for sign, remedy in remedies.items() if sign in text]
    return f"{text.splitlines()[0]}{'; ' + hints[0] if hints else ''}"
