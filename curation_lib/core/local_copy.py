"""Remote files on the local disk, for libraries that read paths only; fetched once, by the hash of their bytes."""

from __future__ import annotations

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
    for scheme in _LOCAL:
        path = path.removeprefix(scheme)
    if "://" not in path:
        return Path(path).expanduser()
    sha256 = file_sha256(path)
    copy = cache_folder() / "models" / sha256 / path.rpartition("/")[2]
    if not copy.is_file():
        copy.parent.mkdir(parents=True, exist_ok=True)
        _fetch(path, copy, sha256)
    return copy


def _fetch(path: str, copy: Path, sha256: str) -> None:
    import fsspec

    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as to:
        try:
            with fsspec.open(path, "rb", compression=None) as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
                    to.write(block)
            to.close()
            if digest.hexdigest() != sha256:
                raise ConfigError(f"model: {path} changed while it was fetched; start again")
            os.replace(to.name, copy)
        except BaseException:
            Path(to.name).unlink(missing_ok=True)
            raise
