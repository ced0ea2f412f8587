"""List files that a user gives: one entry a line, UTF-8, at any fsspec path, compressed or in a tar archive.
A file called `.json` is an array of strings.

Blank lines and lines that begin with `#` are no entries. A path names a file, a folder or an archive; what lies in
a folder or archive is known by its name without folders and without `.txt`, `.json`, `.gz`, `.bz2`, `.xz` or `.zst`.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import orjson

from curation_lib.core.errors import ConfigError

_PACKED = frozenset((".txt", ".json", ".gz", ".bz2", ".xz", ".zst"))
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


def check_place(path: str) -> None:
    """ValueError, with remedy, for a local path that leads nowhere; what lies elsewhere is not asked for here."""
    if "://" not in path and not Path(path).expanduser().exists():
        raise ValueError(f"there is nothing at {path}; give a file, a folder or a tar archive")


def list_files(setting: str, path: str) -> dict[str, str]:
    """Place of every file that `path` names, by its name below `path`, in order; a file's own name for a file.

    Raises ConfigError, naming `setting`, where there is nothing.
    """
    try:
        fs, root = fsspec.core.url_to_fs(path, **({"use_listings_cache": False} if path.startswith("s3") else {}))
        found = sorted(fs.find(root)) if fs.isdir(root) else [root] if fs.isfile(root) else []
    except (OSError, ImportError, ValueError) as e:
        raise ConfigError(f"{setting}: cannot read {path}: {e}; correct the path or the credentials") from e
    if not found:
        raise ConfigError(f"{setting}: there is nothing at {path}; give a file, a folder or a tar archive")
    base = root if len(found) > 1 or found != [root] else root.rpartition("/")[0]
    return {str(file)[len(base) :].lstrip("/"): fs.unstrip_protocol(file) for file in found}


def list_name(path: str) -> str:
    """What a list is called: `adult/domains.gz` is `domains`."""
    name = PurePosixPath(path).name
    while (suffix := PurePosixPath(name).suffix) in _PACKED:
        name = name.removesuffix(suffix)
    return name


def read_lists(files: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """`(name, entries)` of each file, and of each in an archive, in order.

    Raises ConfigError where one cannot be read or is not UTF-8.
    """
    for name, place in files.items():
        try:
            if place.endswith(_ARCHIVES):
                yield from _archive(place)
            else:
                with fsspec.open(place, "rb", compression="infer") as file:
                    yield list_name(name), _entries(place, file.read())
        except (OSError, EOFError, ValueError, tarfile.TarError) as e:
            raise ConfigError(f"cannot read the list {place}: {e}; give UTF-8 text, one entry a line") from e


def _archive(place: str) -> Iterator[tuple[str, list[str]]]:
    with fsspec.open(place, "rb") as file, tarfile.open(fileobj=file, mode="r:*") as archive:
        members = sorted((m for m in archive.getmembers() if m.isfile()), key=lambda member: member.name)
        for member in members:
            content: Any = archive.extractfile(member)
            yield list_name(member.name), _entries(member.name, content.read())


def _entries(name: str, data: bytes) -> list[str]:
    if ".json" in PurePosixPath(name).suffixes:
        found = orjson.loads(data)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise ValueError("the JSON is no array of strings")
        return [one.strip() for one in found if one.strip()]
    lines = (line.strip() for line in data.decode("utf-8-sig").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
