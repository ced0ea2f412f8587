"""List files that a user gives: one entry a line, UTF-8, at any fsspec path, compressed or in a tar archive.
A file called `.json` is an array of strings. A tar archive is known by its name or by its first bytes.

Blank lines and lines that begin with `#` are no entries. A path names a file, a folder or an archive; what lies in
a folder or archive is known by its name without folders and without `.txt`, `.json`, `.gz`, `.bz2`, `.xz` or `.zst`.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from curation_lib.text.given_files import given_file, unpacked

_PACKED = frozenset((".txt", ".json", ".gz", ".bz2", ".xz", ".zst"))
LONGEST_ENTRY = 1 << 16
"""Characters; addresses end at 8,000 in practice. A longer line says that the file is no list."""
_LINE_ENDS = tuple(end.encode() for end in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
_SIGN, _END = slice(257, 262), bytes(tarfile.BLOCKSIZE)


def check_place(path: str) -> None:
    """ValueError, with remedy, for a local path that leads nowhere; what lies elsewhere is not asked for here."""
    if "://" not in path and not Path(path).expanduser().exists():
        raise ValueError(f"there is nothing at {path}; give a file, a folder or a tar archive")


def list_name(path: str) -> str:
    """What a list is called: `adult/domains.gz` is `domains`."""
    name = PurePosixPath(path).name
    while (suffix := PurePosixPath(name).suffix) in _PACKED:
        name = name.removesuffix(suffix)
    return name


def read_lists(files: Mapping[str, str], max_file_bytes: int, max_entries: int) -> Iterator[tuple[str, list[str]]]:
    """`(name, entries)` of each file, and of each in an archive, in order.

    Raises ConfigError where one cannot be read, is not UTF-8, or holds more than `max_file_bytes`, unpacked, or than
    `max_entries`; each is held whole, with its entries.
    """
    for name, place in files.items():
        with given_file(place, "lists", "give UTF-8 text, one entry a line") as path:
            chunks = unpacked(path, max_file_bytes)
            first = next(chunks, b"")
            if place.lower().endswith(_ARCHIVES) or first[_SIGN] == b"ustar":
                yield from _archive(chain([first], chunks), max_entries)
            else:
                yield list_name(name), _entries(place, b"".join([first, *chunks]), max_entries)


class _Stream(io.RawIOBase):
    """Chunks as a file that is read once. last: a block of what was read last."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._held, self.last = chunks, memoryview(b""), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._held = self._held or memoryview(next(self._chunks, b""))
        count = min(len(buffer), len(self._held))
        buffer[:count], self._held = self._held[:count], self._held[count:]
        self.last = (self.last + bytes(buffer[max(0, count - len(_END)) : count]))[-len(_END) :]
        return count


def _archive(chunks: Iterator[bytes], most: int) -> list[tuple[str, list[str]]]:
    found, stream = [], _Stream(chunks)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                content: Any = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    found.append((member.name, _entries(member.name, content.read(), most)))
        while stream.read(1 << 20):
            pass
        if stream.last != _END:  # tarfile takes an archive cut between members, or within a header, for a whole one
            raise tarfile.TarError("it ends without the mark of its end")
    except tarfile.TarError as e:
        raise ValueError(f"no whole tar archive: {e}") from e
    return [(list_name(name), entries) for name, entries in sorted(found, key=lambda one: one[0])]


def _entries(name: str, data: bytes, most: int) -> list[str]:
    json = ".json" in PurePosixPath(name).suffixes
    if sum(map(data.count, (b'",',) if json else _LINE_ENDS)) > most:
        raise ValueError(f"it has more than {most:,} entries; raise `max_entries` if that is sound")
    if json:
        found = orjson.loads(data)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise ValueError("the JSON is no array of strings")
    else:
        found = data.decode("utf-8-sig").splitlines()
    entries = [one.strip() for one in found]
    if long := [n for n, one in enumerate(entries) if len(one) > LONGEST_ENTRY]:
        raise ValueError(f"entry {long[0] + 1} has {len(entries[long[0]]):,} characters, no entry is as long")
    return [one for one in entries if one and (json or not one.startswith("#"))]
