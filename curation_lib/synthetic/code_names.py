"""Code that a text names and its source does not hold, letter for letter.

Names agree in any spelling that people use for them (`text/fact_tokens.py`); what is written as code is run by
machines, to which `from_cache` and `from-cache` are two things.
"""

from __future__ import annotations

import re

_FENCED = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]+)\1(?!`)")
_CALL = re.compile(r"(?<![\w.])[A-Za-z_][\w.]*\(\)|(?<![\w.])[A-Za-z]*[._][\w.]*\w\(")
_FLAG = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[A-Za-z]?[a-z]+")


def unknown_code(text: str, source: str) -> list[str]:
    """Spans between back-ticks, and names of calls and flags, that the source does not have as written; each once.

    Case counts where a capital stands within: `signals` is known of a heading `Signals`, `fromCache` is not of
    `fromcache`. A call is known where the source calls it. Fenced blocks are left to the rules of copies and names.
    """
    prose, held = _FENCED.sub("", text), _SPACE.sub(" ", source)
    spans = [_SPACE.sub(" ", span).strip() for _, span in _SPAN.findall(prose)]
    bare = _SPAN.sub(" ", prose)
    found = dict.fromkeys((*spans, *_CALL.findall(bare), *_FLAG.findall(bare)))
    return [code for code in found if code and not _holds(held, code)]


def _holds(source: str, code: str) -> bool:
    """Whether the code stands in the source, not within a longer word."""
    call = code.removesuffix(")") if code.endswith("()") else code
    begin = r"(?<![\w-])" if call.startswith("-") else r"(?<!\w)"
    end = "" if call.endswith("(") else r"(?!\w)"
    written = {call, call.lower(), call.upper(), call.capitalize()} if _WORD.fullmatch(code) else {call}
    return re.search(rf"{begin}(?:{'|'.join(map(re.escape, sorted(written)))}){end}", source) is not None
