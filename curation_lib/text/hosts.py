"""Which chunks read as a URL, an e-mail address or a host name: one word."""

from __future__ import annotations

from curation_lib.text.characters import ALONE, JOINED, KIND, LOWER
from curation_lib.text.chunk_arrays import Codes, Kinds, is_digit
from curation_lib.text.kernels import inlined, kernel

_DOT, _DASH, _SLASH, _PLUS, _UNDERLINE, _AT, _COLON, _QUERY, _HASH = (ord(c) for c in ".-/+_@:?#")


@kernel
def is_url(codes: Codes, kinds: Kinds, a: int, b: int) -> bool:
    """Whether codes[a:b] reads as a host with what may stand before and behind it: one word."""
    dotted = False
    for i in range(a + 1, b - 2):
        dotted |= codes[i] == _DOT
    if not dotted:
        return False
    if _is_host(codes, kinds, a, b):
        return True
    named = True  # all before `i` may name a scheme
    for i in range(a, b - 3):
        scheme = named and i >= a + 2 and codes[i] == _COLON and codes[i + 1] == _SLASH and codes[i + 2] == _SLASH
        named &= kinds[i] & KIND in (JOINED, ALONE) or codes[i] in (_PLUS, _DASH, _DOT)
        if scheme and _is_host(codes, kinds, i + 3, b):
            return True
        if i > a and codes[i] == _AT and _is_host(codes, kinds, i + 1, b):
            return True
    return False


@inlined
def _is_host(codes: Codes, kinds: Kinds, a: int, b: int) -> bool:
    """Labels and a lower-case top-level domain, then perhaps a port and a path."""
    i, label, dots = a, a, 0
    while i < b:
        code = codes[i]
        if code == _DOT:
            if not 1 <= i - label <= 64 or not _host_letter(codes[i - 1], kinds[i - 1]):
                return False
            label, dots = i + 1, dots + 1
        elif not _host_letter(code, kinds[i]) and not (i > label and code in (_DASH, _UNDERLINE)):
            break
        i += 1
    if not dots or i - label < 2 or i - label > 63:
        return False
    for k in range(label, i):
        if not kinds[k] & LOWER:
            return False
    if i < b and codes[i] == _COLON:
        port = i + 1
        while port < b and is_digit(codes[port]):
            port += 1
        if not 2 <= port - i - 1 <= 5:
            return False
        i = port
    path: bool = i == b or codes[i] in (_SLASH, _QUERY, _HASH)
    return path


@inlined
def _host_letter(code: int, kind: int) -> bool:
    if code < 0x80:
        return kind & KIND == JOINED and code != _UNDERLINE
    return 0xA1 <= code <= 0xFFFF
