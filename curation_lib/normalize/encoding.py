"""Bytes to text: byte order mark, UTF-8, the declared charset, then what resiliparse detects."""

from __future__ import annotations

import codecs

from resiliparse.parse.encoding import bytes_to_str, detect_encoding, map_encoding_to_html5

from curation_lib.core.errors import Unreadable

MAX_REPLACED = 0.01
"""More undecodable characters than this share means that the charset is not known."""
MAX_CONTROL = 0.01
"""More control characters than this share means binary content behind a text media type."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])


def decode(raw: bytes, hint: str | None) -> str:
    """The text of `raw`. Raises Unreadable where no charset fits or the bytes are binary."""
    text = _decode(raw, hint)
    bad = text.count("\ufffd")
    if bad > MAX_REPLACED * len(text):
        raise Unreadable(f"undecodable: {bad} of {len(text)} characters fit no charset", head=raw)
    controls = len(text) - len(text.translate(_CONTROLS))
    if controls > MAX_CONTROL * len(text):
        raise Unreadable(
            f"binary: {controls} of {len(text)} characters are NUL or control characters", head=raw
        )
    return text


def _decode(raw: bytes, hint: str | None) -> str:
    for mark, charset in _MARKS:
        if raw.startswith(mark):
            return raw.decode(charset, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if hint and (known := map_encoding_to_html5(hint, False)):
        return str(bytes_to_str(raw, known, errors="replace"))
    return str(bytes_to_str(raw, detect_encoding(raw) or "utf-8", errors="replace"))
