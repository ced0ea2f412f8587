"""Questions and answers out of FAQ pages in reStructuredText: headings that ask something, and what stands below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from infra.local.demo_warc import Document, text_of

_UNDERLINE = re.compile(r"([=\-~^\"'`*+#.:_])\1{2,}\s*")
_ASKS = re.compile(r"(how|what|why|when|where|which|who|can|could|do|does|is|are|should|will)\b.*|.*\?", re.IGNORECASE)
_ROLE = re.compile(r":[a-z:+-]+:`([^`]+)`")
_TARGET = re.compile(r"\s*<[^<>`]*>$")
_PREFIX = re.compile(r"[~!.]*(_[a-z]+\.)?")
"""What is not shown of a name: a mark before it, and SQLAlchemy's `_orm.`"""
_MARKUP = re.compile(r"\s*\.\. (_.*:|index::|contents::|versionadded::|versionchanged::|only::|meta::)")
WORDS = 4
"""Words of a question; `How it works` asks nothing without the page around it."""
LEAST = 80
"""Characters of an answer; a shorter one is a link to another page."""


def questions(pages: Iterable[Document]) -> list[dict[str, str]]:
    """Rows {id, url, prompt, answer} of every heading that asks, in order of pages. Raises StackError for a page that
    is not UTF-8."""
    rows = []
    for page in pages:
        for heading, body in _sections(text_of(page).splitlines()):
            prompt, answer = _plain(heading), _answer(body)
            if _ASKS.fullmatch(prompt) and len(prompt.split()) >= WORDS and len(answer) >= LEAST:
                name = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")
                where = {"id": f"{page.member}#{name}", "url": f"{page.url}#{name}"}
                rows.append({**where, "prompt": prompt, "answer": answer})
    return rows


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each heading with the lines up to the next one, of whatever level."""
    heads = [n for n in range(1, len(lines)) if _is_heading(lines[n - 1], lines[n])]
    for head, following in pairwise([*heads, len(lines) + 1]):
        body = lines[head + 1 : following - 1]
        if body and _UNDERLINE.fullmatch(body[-1]):  # the line above the next heading
            body = body[:-1]
        yield lines[head - 1].strip(), body


def _is_heading(title: str, line: str) -> bool:
    return bool(
        title.strip()
        and not title.startswith((" ", ".. "))
        and not _UNDERLINE.fullmatch(title)
        and _UNDERLINE.fullmatch(line)
        and len(line.rstrip()) >= len(title.rstrip())
    )


def _answer(body: list[str]) -> str:
    """The body without labels, index entries and the like, roles as the text that they show."""
    kept, hidden = [], False
    for line in body:
        hidden = bool(_MARKUP.match(line)) or (hidden and (not line.strip() or line.startswith(" ")))
        if not hidden:
            kept.append(_plain(line))
    return "\n".join(kept).strip()


def _plain(line: str) -> str:
    return _ROLE.sub(lambda role: _PREFIX.sub("", _TARGET.sub("", role.group(1)), count=1), line.rstrip())
