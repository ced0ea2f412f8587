"""Canonical URLs: what two spellings of one address have in common, as a key and not to be fetched.

Always, by RFC 3986, 6.2.2 and 6.2.3: scheme and host in lower case, no default port, no dot segments, escapes
only where needed and in upper case, an empty path is `/`. What the RFC leaves open is up to `Canonical`. URLs
of other schemes than http and https, and those that do not parse, count as they stand, without the white
space around them. Hosts in Unicode are not turned into punycode: the two spellings count as different.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "%:/?#[]@!$&'()*+,;="  # reserved characters stand for themselves, and `%` begins an escape


class Canonical(NamedTuple):
    """What makes no difference between two http(s) URLs.

    scheme: http or https. www: leading `www.`. slash: one at the end of the path, not one of several. fragment: all
    but those that begin with `!` or `/`, by which single-page sites tell their pages apart. order: that of
    differently named query parameters. parameters: query parameters of these names, in any case; `*` stands for
    anything.
    """

    scheme: bool = True
    www: bool = False
    slash: bool = True
    fragment: bool = True
    order: bool = True
    parameters: tuple[str, ...] = ()


def canonical_url(url: str, ignore: Canonical) -> str:
    """The URL's key; `//host/path` where the scheme is ignored."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not (parts.hostname or "").rstrip("."):
            return url
        host = _host(parts, ignore)
    except ValueError:  # a port or an IPv6 address that is none
        return url
    scheme = "" if ignore.scheme else f"{parts.scheme}:"
    query = "&".join(_parameters(parts.query, ignore))
    hidden = ignore.fragment and not parts.fragment.startswith(("!", "/"))
    fragment = "" if hidden else _escaped(parts.fragment)
    return f"{scheme}//{host}{_path(parts.path, ignore)}{'?' * bool(query)}{query}{'#' * bool(fragment)}{fragment}"


def _host(parts: SplitResult, ignore: Canonical) -> str:
    """User, host and port as far as they count."""
    host = (parts.hostname or "").rstrip(".")
    while ignore.www and host.startswith("www."):
        host = host.removeprefix("www.")
    if ":" in host:
        host = f"[{host}]"
    user, at, _ = parts.netloc.rpartition("@")
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{user}{at}{host}{port}"


def _path(path: str, ignore: Canonical) -> str:
    found = _without_dots(_escaped(path) or "/")
    bare = ignore.slash and not found.endswith("//")  # `a//` less one would be `a/`, which is another key's
    return found.removesuffix("/") or "/" if bare else found


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    return "/".join([*kept, ""] if segments[-1] in (".", "..") else kept)


def _parameters(query: str, ignore: Canonical) -> Iterator[str]:
    """The parameters that count; those of one name keep their order."""
    found = [(_name(piece), piece) for piece in _escaped(query).split("&") if piece]
    if ignore.order:
        found.sort(key=lambda pair: pair[0])
    names = _names(ignore.parameters)
    return (piece for name, piece in found if not names.fullmatch(name.lower()))


def _name(piece: str) -> str:
    return unquote(piece.partition("=")[0])


@cache
def _names(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Matches the lower-cased name of an ignored parameter; nothing without patterns."""
    return re.compile("|".join(translate(pattern.lower()) for pattern in patterns) or r"(?!)")


def _escaped(text: str) -> str:
    """Escapes in upper case, of unreserved characters undone, of others that may not stand alone added."""
    return quote(_ESCAPE.sub(_normal, text), safe=_SAFE)


def _normal(escape: re.Match[str]) -> str:
    char = chr(int(escape[0][1:], 16))
    return char if char in _UNRESERVED else escape[0].upper()
