"""Which entries of a blocklist an address meets: its host and the domains above it, the address itself.

Entries are kept as sorted 64-bit hashes, 8 bytes each: a list of five million domains takes 40 MB. In a billion
look-ups there, one in 4,000 lists would see one entry too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import xxhash

from curation_lib.text.buffers import Hashes
from curation_lib.text.urls import Canonical, canonical_url

_SAME = Canonical(scheme=True, www=True, slash=True, fragment=True)
_SIGNS = re.compile("[^a-z0-9]+")


class Blocklist(NamedTuple):
    """Sorted hashes of domains and of addresses (see `domain_key`, `url_key`)."""

    domains: Hashes
    urls: Hashes


class Address(NamedTuple):
    """What of a URL may stand on a list. hosts: the host, then each domain above it; urls: the address, then, if
    asked for, each address above it. Empty where the URL has no host."""

    hosts: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


def blocklist(domains: Iterable[str], urls: Iterable[str]) -> Blocklist:
    """The list of these entries."""
    return Blocklist(_hashes(map(domain_key, domains)), _hashes(map(url_key, urls)))


def domain_key(domain: str) -> str:
    """A domain in lower case and ASCII (punycode), without dots at its ends; what has no ASCII form as it is."""
    name = domain.strip().strip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name


def url_key(url: str) -> str:
    """A URL without scheme, `www.`, fragment and last slash, else canonical (see text.urls)."""
    whole = url if "://" in url else f"http://{url.lstrip('/')}"
    return canonical_url(whole, _SAME)


def address(url: str, above: bool) -> Address:
    """The keys of one URL; `above`: also those of the folders that it lies in and of its site."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        host = None
    if not host:
        return Address()
    key = url_key(url.strip())
    return Address(tuple(_above(domain_key(host))), (key, *_folders(key)) if above else (key,))


def matches(addresses: Sequence[Address], found: Blocklist) -> tuple[npt.NDArray[np.int64], list[str | None]]:
    """Entries that each address meets, and the first of them, the narrowest domain before any URL."""
    counts, first = np.zeros(len(addresses), np.int64), [None] * len(addresses)
    entries: list[str | None] = list(first)
    for kind, hashes in (("hosts", found.domains), ("urls", found.urls)):
        keys = [(row, key) for row, one in enumerate(addresses) for key in getattr(one, kind)] if len(hashes) else []
        for (row, key), met in zip(keys, _members([key for _, key in keys], hashes), strict=True):
            if met:
                counts[row] += 1
                entries[row] = entries[row] or key.removeprefix("//")
    return counts, entries


def url_words(url: str) -> frozenset[str]:
    """The runs of ASCII letters and digits in a URL, in lower case."""
    return frozenset(_SIGNS.split(url.lower())) - {""}


def squeezed(text: str) -> str:
    """ASCII letters and digits only, in lower case."""
    return _SIGNS.sub("", text.lower())


def _above(host: str) -> Iterator[str]:
    yield host
    if ":" in host or host.replace(".", "").isdigit():  # an address of numbers has nothing above it
        return
    while "." in host:
        host = host.partition(".")[2]
        yield host


def _folders(key: str) -> Iterator[str]:
    """`//a.example/b` and `//a.example/` for `//a.example/b/c?d`."""
    path = key.partition("?")[0]
    if path != key:
        yield path
    while (path := path.rpartition("/")[0]).count("/") > 2:
        yield path
    if key != f"{path}/":
        yield f"{path}/"


def _hashes(keys: Iterable[str]) -> Hashes:
    return np.unique(np.fromiter((xxhash.xxh3_64_intdigest(key.encode()) for key in keys), np.uint64))


def _members(keys: Sequence[str], hashes: Hashes) -> list[bool]:
    wanted = np.fromiter((xxhash.xxh3_64_intdigest(key.encode()) for key in keys), np.uint64, len(keys))
    at = np.minimum(np.searchsorted(hashes, wanted), max(0, len(hashes) - 1))
    found: list[bool] = (hashes[at] == wanted).tolist() if len(hashes) else []
    return found
