"""The chains of modifiers that have golden texts: the stage and its settings, by whose they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.golden.filters.documents import golden_documents

EVERY = 5
"""Of the dialects' golden documents: 4,237."""
LINES = ("", "---", "Note", "```")
CHAINS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "curator": {
        **{name: ("text_modifiers", {"modifiers": [name]})
           for name in ("urls", "markdown", "quotation", "newlines", "boilerplate_paragraphs")},
        "lines": ("text_modifiers", {"modifiers": ["lines"], "remove_lines": LINES}),
        "all": ("text_modifiers", {
            "modifiers": ["boilerplate_paragraphs", "markdown", "urls", "lines", "newlines", "quotation"],
            "remove_lines": LINES,
        }),
    },
    "dolma": {"c4": ("c4_lines", {"dialect": "dolma"})},
    "datatrove": {"symbol_lines": ("text_modifiers", {"modifiers": ["symbol_lines"]})},
    "dclm": {
        "refinedweb": ("boilerplate_lines", {"dialect": "dclm", "max_removed_word_ratio": None}),
        "refinedweb_5": ("boilerplate_lines", {"dialect": "dclm"}),
        "c4": ("c4_lines", {"dialect": "dclm"}),
        "newlines": ("text_modifiers", {"modifiers": ["newlines"], "dialect": "dclm"}),
        "repeated_lines": ("text_modifiers", {"modifiers": ["repeated_lines"]}),
        "repeated_paragraphs": ("text_modifiers", {"modifiers": ["repeated_paragraphs"]}),
    },
}  # fmt: skip


PLANTED = (
    "This website uses cookies to improve your experience.", "1.2K views", "Read more...", "Sign-in", "Menu", "2021",
    "See our Privacy Policy for more of this.", "3 items in cart", "ALL OF IT IN CAPITALS", "Lorem ipsum dolor sit amet.",
    "Please turn on JavaScript to see this page.", "Sign-in to comment on this", "- - - - -", "The story goes on. Read more...",
)  # fmt: skip
"""What the documents, manuals for the most part, lack: one stands at the top of every third and at the end of another."""


def chosen_documents(data: Path) -> Iterator[tuple[str, str]]:
    """`(id, text)`; every eleventh text stands in quotation marks."""
    for number, (identity, _, text) in enumerate(golden_documents(data)):
        chosen, left = divmod(number, EVERY)
        if left == 0:
            planted = PLANTED[chosen % len(PLANTED)]
            text = (f"{planted}\n\n{text}", f"{text}\n\n{planted}", text)[chosen % 3]
            yield identity, f'"{text}"' if chosen % 11 == 0 else text


def text_hash(text: str) -> int:
    """By which a golden file knows a text, 0 for an empty one."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") if text else 0
