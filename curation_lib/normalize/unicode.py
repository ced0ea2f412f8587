"""Clean-up that no reader would miss: one newline style, NFC, no control characters, no ragged space."""

from __future__ import annotations

import re
import unicodedata

_REPLACED = (
    ("\r\n", "\n"),
    ("\r", "\n"),
    ("\v", "\n"),
    ("\f", "\n"),
    ("\x85", "\n"),
    ("\u2028", "\n"),
    ("\u2029", "\n\n"),
    ("\u00a0", " "),
)
"""Chained `replace` and one `sub`: `str.translate` takes ten times as long on text beyond ASCII."""
_REMOVED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufff9-\ufffc]+")
_BLANK = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """`text` in NFC with `\\n` newlines, without controls, trailing space and runs of blank lines.

    Joiners (U+200C, U+200D) and soft hyphens stay: several scripts need the first, copies keep the second.
    Lone surrogates, which UTF-8 cannot hold, become U+FFFD. Takes time linear in the text.
    """
    text = _without_surrogates(text)
    for old, new in _REPLACED:
        text = text.replace(old, new)
    text = unicodedata.normalize("NFC", _REMOVED.sub("", text))
    if " \n" in text or "\t\n" in text:
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    return _BLANK.sub("\n\n", text).strip()


def _without_surrogates(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
