"""Files that settings name, lists and benchmarks: found anywhere, read whole or not at all.

A file that is damaged or holds more than it may stops the build: half a list would let by what the other half names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from curation_lib.core.compressed import ALL, TooLarge, read_chunks
from curation_lib.core.errors import ConfigError, Unreadable
from curation_lib.core.places import find, on_disk

MAX_FILE_BYTES = 256 << 20
"""Unpacked bytes of one file: ten times the largest of UT1's lists, or a million questions."""


def given_files(setting: str, path: str, suffixes: Sequence[str] = ()) -> dict[str, str]:
    """Place of every file at `path` (with one of `suffixes`, if any are asked for), by its name below it, in order.

    Raises ConfigError, naming `setting`, where there is none, StoreError where the path cannot be reached.
    """
    found = find(path, f"{setting}: ")
    files = [file for file in found.files if not suffixes or file.lower().endswith(tuple(suffixes))]
    if not files:
        ends = f"nothing at {path} ends in {', '.join(suffixes)}" if found.files else f"there is nothing at {path}"
        raise ConfigError(f"{setting}: {ends}; correct the path")
    return {found.name(file): found.url(file) for file in files}


@contextmanager
def given_file(place: str, what: str, remedy: str) -> Iterator[str]:
    """A local path of the file; ConfigError, `what` and `remedy` in it, for damage met within, and StoreError where the
    file cannot be fetched."""
    with on_disk(place, f"{what}: ") as path:
        try:
            yield path
        except TooLarge as e:
            raise ConfigError(f"{what}: {place} {e.error}") from e
        except (Unreadable, OSError, ValueError) as e:
            raise ConfigError(f"{what}: cannot read {place}: {e}; {remedy}") from e


def unpacked(path: str, most: int) -> Iterator[bytes]:
    """The content of a plain or gzip, Zstandard, bzip2 or xz file, about 1 MiB at a time.

    Raises TooLarge beyond `most` bytes, Unreadable where the file is damaged.
    """
    seen = 0
    try:
        for chunk in read_chunks(path, most, "max_file_bytes", ALL):
            if (seen := seen + len(chunk)) > most:
                raise too_large(most)
            if chunk:
                yield chunk
    except TooLarge as e:
        raise too_large(most) from e


def too_large(most: int) -> TooLarge:
    """What is said of a file over its cap."""
    return TooLarge(f"holds more than {most:,} bytes, unpacked; is it a bomb? If not, raise `max_file_bytes`")
