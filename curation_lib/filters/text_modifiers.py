"""`filters.text_modifiers`: what the peers' modifiers take out of a text, in the order that the recipe gives.

A Map: each modifier sees the text that those before it left; each byte span removed is an Edit with the modifier's
name as its rule. A text with nothing left is dropped as `empty`, `also_failed` naming the modifiers that emptied it.
"""

from __future__ import annotations

from typing import Literal, Self

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Context, Map, Result
from curation_lib.filters.modified_text import modified
from curation_lib.text.curator_counts import BOILERPLATE
from curation_lib.text.modifier_steps import (
    ALL_HOLDING,
    CITATIONS,
    EMPTY_STAYS,
    EQUAL,
    JOINED,
    LINKS,
    NEWLINES,
    PAIRS,
    PARAGRAPHS,
    QUOTES,
    REPEATED_LINES,
    REPEATED_PARAGRAPHS,
    SYMBOLS,
    URLS,
    WINDOWS_NEWLINES,
    Step,
)

Modifier = Literal[
    "urls", "markdown", "quotation", "newlines", "boilerplate_paragraphs", "lines", "symbol_lines", "citations",
    "repeated_lines", "repeated_paragraphs",
]  # fmt: skip


class TextModifiersConfig(StageConfig):
    """modifiers: in the order in which they apply. dialect: whose `newlines`; NeMo Curator's count those of Windows,
    too. max_newlines: how many of a run stay. remove_lines: the lines that `lines` takes, as they stand in the text.
    """

    modifiers: tuple[Modifier, ...] = Field(min_length=1)
    dialect: Literal["curator", "dclm"] = "curator"
    max_newlines: int = Field(2, ge=1)
    remove_lines: tuple[str, ...] = ()

    @field_validator("remove_lines")
    @classmethod
    def _are_lines(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [line for line in value if "\n" in line or "\0" in line]:
            raise ValueError(f"{bad[0]!r} is no line: it holds a line feed or a NUL")
        return value

    @model_validator(mode="after")
    def _lines_are_given(self) -> Self:
        if ("lines" in self.modifiers) != bool(self.remove_lines):
            raise ValueError("the modifier `lines` and the setting `remove_lines` need each other")
        return self


def modify_texts(batch: pa.RecordBatch, config: TextModifiersConfig, context: Context) -> Result:
    """Take spans out. Edits of row i are ordered, disjoint byte spans of its text; a dropped row has none."""
    return modified(batch, [step for name in config.modifiers for step in steps_for(name, config)])


def steps_for(name: str, config: TextModifiersConfig) -> list[Step]:
    """The steps of one modifier."""
    if name == "newlines":
        steps = [Step(NEWLINES, name, config.max_newlines)]
        return [*steps, Step(WINDOWS_NEWLINES, name, config.max_newlines)] if config.dialect == "curator" else steps
    if name == "markdown":
        return [*(Step(PAIRS, name, 0, (sign,)) for sign in ("**", "*", "_")), Step(LINKS, name)]
    if name == "boilerplate_paragraphs":
        return [Step(ALL_HOLDING, "lorem_ipsum", 0, ("lorem ipsum",)), Step(PARAGRAPHS, name, 0, BOILERPLATE)]
    return [
        {
            "urls": Step(URLS, name, 0, ("http://", "https://", "www.")),
            "quotation": Step(QUOTES, name),
            "lines": Step(EQUAL, name, 0, config.remove_lines, JOINED),
            "symbol_lines": Step(SYMBOLS, name, 0, (), EMPTY_STAYS),
            "citations": Step(CITATIONS, name, 0, ("[edit]", "[citation needed]")),
            "repeated_lines": Step(REPEATED_LINES, name),
            "repeated_paragraphs": Step(REPEATED_PARAGRAPHS, name),
        }[name]
    ]


STAGE = Map(
    name="filters.text_modifiers",
    version=2,
    config=TextModifiersConfig,
    summary="addresses, Markdown, quotes, newlines, boilerplate paragraphs, repeated lines (NeMo Curator, DCLM)",
    fn=modify_texts,
)
