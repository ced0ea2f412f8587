"""What a document of each form is made of, how it is read from plain text, and how it is written down.

The same classes give the JSON schema for servers with structured output. Their rules hold for both.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from curation_lib.synthetic.labelled import labelled, one_line
from curation_lib.synthetic.replies import Unparsed

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_ASKS = ("?", "？", "؟", "?)", "?“", '?"')


class Layout(BaseModel, ABC):
    """Base: `read` takes plain text apart, `written` puts the document together. The parts obey the class's rules,
    or there is no such object (pydantic.ValidationError, or Unparsed from `read`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    structured: ClassVar[bool] = True
    """Whether a JSON schema helps a server to get it right."""

    @classmethod
    @abstractmethod
    def read(cls, text: str) -> Self:
        """The parts of a plain text."""

    @abstractmethod
    def written(self) -> str:
        """The document."""


def firsts(parts: Sequence[str]) -> list[int]:
    """Places of the parts that are not, in all but case and white space, an earlier one: small models go in circles,
    and what they say first is whole."""
    seen: dict[str, int] = {}
    for place, part in enumerate(parts):
        seen.setdefault(one_line(part).casefold(), place)
    return list(seen.values())


def distinct(parts: list[str], what: str) -> None:
    """Raises ValueError where two parts are the same in all but case and white space."""
    if len({one_line(part).casefold() for part in parts}) < len(parts):
        raise ValueError(f"two {what} are the same")


class Pair(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    question: Filled
    answer: Filled

    @field_validator("question")
    @classmethod
    def _asks(cls, question: str) -> str:
        if not question.endswith(_ASKS):
            raise ValueError(f"question {question[:60]!r} does not end with a question mark")
        return question

    @field_validator("answer")
    @classmethod
    def _answers(cls, answer: str) -> str:
        if answer.endswith(_ASKS) or not re.search(r"\w", answer):
            raise ValueError(f"answer {answer[:60]!r} is none")
        return answer


class Questions(Layout):
    """At least two different questions, each with its answer: lines `Q1: …`, `A1: …`."""

    pairs: list[Pair] = Field(min_length=2)
    label: ClassVar[re.Pattern[str]] = re.compile(
        r"^[ \t]*\**(Q|A|Question|Answer)[ \t]*\d*\**[ \t]*[:.)]\**", re.MULTILINE | re.IGNORECASE
    )

    @model_validator(mode="after")
    def _differ(self) -> Self:
        distinct([pair.question for pair in self.pairs], "questions")
        return self

    @classmethod
    def read(cls, text: str) -> Self:
        parts = labelled(text, cls.label, "label Q or A")
        order = "".join(label[0].upper() for label, _ in parts)
        if order != "QA" * (len(order) // 2):
            raise Unparsed("questions and answers do not alternate")
        texts = [one_line(part) for _, part in parts]
        pairs = [Pair(question=q, answer=a) for q, a in zip(texts[::2], texts[1::2], strict=True)]
        return cls(pairs=[pairs[i] for i in firsts(texts[::2])])

    def written(self) -> str:
        return "\n\n".join(f"Question: {pair.question}\nAnswer: {pair.answer}" for pair in self.pairs)


class Headed(Questions):
    """The same with questions as headings: `## 1. …?`, then the answer."""

    label: ClassVar[re.Pattern[str]] = re.compile(
        r"^[ \t]*(?=\S.*[?？؟][ \t*]*$)(?:#{1,4}[ \t]*(?:\d+[.)][ \t])?|\*\*(?:\d+[.)][ \t])?|\d+[.)][ \t]+\**)[ \t]*",
        re.MULTILINE,
    )

    heading: ClassVar[re.Pattern[str]] = re.compile(r"^[ \t]*#{1,6}[ \t]", re.MULTILINE)

    @classmethod
    def read(cls, text: str) -> Self:
        pairs = []
        for _, part in labelled(text, cls.label, "heading with a question"):
            question, _, answer = part.partition("\n")
            if cls.heading.search(answer):
                raise Unparsed(f"a heading stands within an answer: {answer[:60]!r}")
            pairs.append(Pair(question=one_line(question), answer=answer.strip()))
        return cls(pairs=[pairs[i] for i in firsts([pair.question for pair in pairs])])

    def written(self) -> str:
        return "\n\n".join(f"## {pair.question}\n\n{pair.answer}" for pair in self.pairs)


class Items(Layout):
    """At least three different facts, each a sentence: lines `1. …` or `- …`."""

    items: list[Filled] = Field(min_length=3)
    label: ClassVar[re.Pattern[str]] = re.compile(r"^[ \t]*(?:\d+[.)]|[-*•])[ \t]+", re.MULTILINE)

    @model_validator(mode="after")
    def _facts(self) -> Self:
        distinct(self.items, "items")
        for item in self.items:
            if len(item.split()) < 3 and not re.search(r"[\u3000-\u9fff]", item):
                raise ValueError(f"item {item[:60]!r} is no sentence")
        return self

    @classmethod
    def read(cls, text: str) -> Self:
        items = [one_line(part) for _, part in labelled(text, cls.label, "list item")]
        return cls(items=[items[i] for i in firsts(items)])

    def written(self) -> str:
        return "\n".join(f"- {item}" for item in self.items)


class Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    speaker: Filled
    text: Filled


class Turns(Layout):
    """At least four turns of a student and a teacher, who take turns: lines `Student: …`, `Teacher: …`."""

    turns: list[Turn] = Field(min_length=4)
    label: ClassVar[re.Pattern[str]] = re.compile(r"^[ \t]*\**(\w[\w .]{0,30}?)\**[ \t]*[:：]\**[ \t]+", re.MULTILINE)

    @model_validator(mode="after")
    def _alternate(self) -> Self:
        speakers = [turn.speaker for turn in self.turns]
        if len(set(speakers)) != 2 or any(a == b for a, b in pairwise(speakers)):
            raise ValueError("two speakers do not take turns")
        distinct([turn.text for turn in self.turns], "turns")
        return self

    @classmethod
    def read(cls, text: str) -> Self:
        parts = labelled(text, cls.label, "speaker")
        return cls(turns=[Turn(speaker=speaker, text=one_line(part)) for speaker, part in parts])

    def written(self) -> str:
        return "\n\n".join(f"{turn.speaker}: {turn.text}" for turn in self.turns)
