"""Clean-up that no reader would miss: one newline style, NFC, no control characters, no ragged space."""

from __future__ import annotations

import re
import unicodedata

_REMOVED = dict.fromkeys(
    [*range(9), *range(14, 32), *range(127, 133), *range(134, 160), 0xFEFF, 0xFFFC, *range(0xFFF9, 0xFFFC)]
)
_REPLACED = {0x00A0: " ", 0x000B: "\n", 0x000C: "\n", 0x0085: "\n", 0x2028: "\n", 0x2029: "\n\n"}
_TABLE = {**_REMOVED, **_REPLACED}
_TRAILING = re.compile(r"[ \t]+(?=\n)|[ \t]+\Z")
_BLANK = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """`text` in NFC with `\\n` newlines, without controls, trailing space and runs of blank lines.

    Joiners (U+200C, U+200D) and soft hyphens stay: several scripts need the first, copies keep the second.
    Lone surrogates, which UTF-8 cannot hold, become U+FFFD.
    """
    text = text.encode("utf-8", "replace").decode() if _has_surrogate(text) else text
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE)
    text = unicodedata.normalize("NFC", text)
    return _BLANK.sub("\n\n", _TRAILING.sub("", text)).strip()


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
