"""Remote files on the local disk, for libraries that read paths only; fetched once, by the hash of their bytes, or by
their address where what lies there never changes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from pathlib import Path

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import file_sha256

_LOCAL = ("file://", "local://")
_BLOCK = 1 << 20


def cache_folder() -> Path:
    """`$WINNOW_CACHE`, else `~/.cache/winnow`."""
    return Path(os.environ.get("WINNOW_CACHE") or Path.home() / ".cache" / "winnow")


def local_copy(path: str) -> Path:
    """A local path with the bytes of the file at `path`: itself where it is local, else a copy in the cache.

    Two processes may fetch at once: a copy takes its name when it is whole. Raises ConfigError where the bytes that
    came are not those that lay there before.
    """
    if (here := _local(path)) is not None:
        return here
    sha256 = file_sha256(path)
    copy = cache_folder() / "models" / sha256 / path.rpartition("/")[2]
    if not copy.is_file():
        copy.parent.mkdir(parents=True, exist_ok=True)
        _fetch(path, copy, sha256)
    return copy


def lasting_copy(path: str) -> Path:
    """The same of a file whose address stands for its bytes, below a fingerprint: a machine fetches it once, whichever
    of its processes ask, and never reads it again to tell whether it changed."""
    if (here := _local(path)) is not None:
        return here
    copy = cache_folder() / "addresses" / hashlib.sha256(path.encode()).hexdigest()[:32] / path.rpartition("/")[2]
    if not copy.is_file():
        copy.parent.mkdir(parents=True, exist_ok=True)
        with copy.with_name("lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the system where its holder is killed
            if not copy.is_file():
                _fetch(path, copy)
    return copy


def _local(path: str) -> Path | None:
    for scheme in _LOCAL:
        path = path.removeprefix(scheme)
    return None if "://" in path else Path(path).expanduser()


def _fetch(path: str, copy: Path, sha256: str | None = None) -> None:
    import fsspec

    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as to:
        try:
            with fsspec.open(path, "rb", compression=None) as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
                    to.write(block)
            to.close()
            if sha256 is not None and digest.hexdigest() != sha256:
                raise ConfigError(f"model: {path} changed while it was fetched; start again")
            os.replace(to.name, copy)
        except BaseException:
            Path(to.name).unlink(missing_ok=True)
            raise
