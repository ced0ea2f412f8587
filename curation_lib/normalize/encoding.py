"""Bytes to text: byte order mark, UTF-8, then the declared, the page's own and the detected charset."""

from __future__ import annotations

import codecs

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

from curation_lib.core.errors import Unreadable

MAX_REPLACED = 0.01
"""More undecodable characters than this share means that the charset is not known."""
MAX_CONTROL = 0.01
"""More control characters than this share means binary content behind a text media type."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_DEFAULT = "cp1252"
"""What servers declare for files they know nothing about."""
_MULTIBYTE = ("utf-8", "gb18030", "gbk", "big5", "shift_jis", "euc_jp", "euc_kr")


def decode(raw: bytes, hint: str | None) -> str:
    """The text of `raw`. Raises Unreadable where no charset fits or the bytes are binary."""
    text = _decode(raw, hint)
    bad = text.count("\ufffd")
    if bad > MAX_REPLACED * len(text):
        raise Unreadable(f"undecodable: {bad} of {len(text)} characters fit no charset", head=raw)
    data = text.encode("utf-8", "replace")
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls > MAX_CONTROL * len(text):
        raise Unreadable(f"binary: {controls} of {len(text)} characters are NUL or control characters", head=raw)
    return text


def _decode(raw: bytes, hint: str | None) -> str:
    for mark, charset in _MARKS:
        if raw.startswith(mark):
            return raw.decode(charset, "replace")
    if b"\x1b" not in raw and b"\0" not in raw:  # ISO-2022 and UTF-16 without a mark are valid UTF-8 too
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
    charsets = _candidates(raw, hint)
    for charset in charsets:
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            if charset == "utf-8" and (text := _damaged_utf8(raw)):
                return text
    return raw.decode(charsets[0], "replace")


def _damaged_utf8(raw: bytes) -> str | None:
    """The text, if more of what is not ASCII is UTF-8 than is not: a few bad bytes are no other charset."""
    text = raw.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return text if len(text) - len(text.encode("ascii", "ignore")) > 2 * bad else None


def _candidates(raw: bytes, hint: str | None) -> list[str]:
    """Charsets in the order to try. A default that was declared gives way to a multi-byte one that fits."""
    declared = map_encoding_to_html5(hint, False) if hint else None
    own = [detect_encoding(raw, from_html_meta=True) or "utf-8", detect_encoding(raw) or "utf-8"]
    if declared == _DEFAULT:
        return [*(c for c in own if c in _MULTIBYTE), declared, *own]
    return [declared, *own] if declared else own
