"""Documents of running text: summaries, articles, tutorials, worked problems, explained code."""

from __future__ import annotations

import re
from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from curation_lib.synthetic.arithmetic import NUMBER, equations, number
from curation_lib.synthetic.labelled import labelled, one_line
from curation_lib.synthetic.layouts import Filled, Layout, distinct
from curation_lib.synthetic.replies import Unparsed

_ENDS = re.compile(r"""[.!?。！？؟…][)\]"'”’»*`]*\Z""")
_SENTENCE = re.compile(r"""[.!?。！？؟][)\]"'”’»*`]*(?=\s|\Z)|[。！？]""")
_LISTED = re.compile(r"^[ \t]*(?:#{1,6}[ \t]|[-*•][ \t]|\d+[.)][ \t]|\||```)", re.MULTILINE)
_PERSON = re.compile(r"\b(?:I|I'm|I've|we|We|you|You|your|Your|my|My|our|Our)\b")


def sentences(text: str) -> int:
    """How many sentence ends there are."""
    return len(_SENTENCE.findall(text))


def prose(text: str) -> str:
    """The text, where it is whole paragraphs of sentences; raises ValueError."""
    if found := _LISTED.search(text):
        raise ValueError(f"{text[found.start() : found.start() + 40]!r} is no prose")
    for paragraph in re.split(r"\n\s*\n", text):
        if not _ENDS.search(paragraph.strip()):
            raise ValueError(f"a paragraph ends within a sentence: {paragraph.strip()[-40:]!r}")
    return text


class Summary(Layout):
    """One paragraph of one to four sentences."""

    structured: ClassVar[bool] = False
    text: Filled

    @field_validator("text")
    @classmethod
    def _short(cls, text: str) -> str:
        if "\n\n" in text or not 1 <= sentences(text) <= 4:
            raise ValueError(f"a summary is one paragraph of one to four sentences, not {sentences(text)}")
        return prose(text)

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(text=text)

    def written(self) -> str:
        return one_line(self.text)


class Article(Layout):
    """Paragraphs with two sentences or more in all, in the third person."""

    structured: ClassVar[bool] = False
    text: Filled

    @field_validator("text")
    @classmethod
    def _neutral(cls, text: str) -> str:
        if sentences(text) < 2:
            raise ValueError("an article has at least two sentences")
        if found := _PERSON.search(text):
            raise ValueError(f"{found.group()!r} is not the third person")
        return prose(text)

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(text=text)

    def written(self) -> str:
        return "\n\n".join(one_line(paragraph) for paragraph in re.split(r"\n\s*\n", self.text))


class Tutorial(Layout):
    """A title and at least three different steps of sentences, numbered from 1."""

    title: Filled
    steps: list[Filled] = Field(min_length=3)
    label: ClassVar[re.Pattern[str]] = re.compile(r"^[ \t]*\**(?:Step[ \t]+)?(\d+)[.:)]\**[ \t]+", re.MULTILINE)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        distinct(self.steps, "steps")
        for step in self.steps:
            if not _ENDS.search(step):
                raise ValueError(f"a step ends within a sentence: {step[-40:]!r}")
        return self

    @classmethod
    def read(cls, text: str) -> Self:
        title, _, rest = text.partition("\n")
        parts = labelled(rest, cls.label, "numbered step")
        if [label for label, _ in parts] != [str(i) for i in range(1, len(parts) + 1)]:
            raise Unparsed("steps are not numbered from 1 upwards")
        title = one_line(re.sub(r"\A(?:Title:)?[ #*]*(?:Title:)?", "", title))
        return cls(title=title, steps=[one_line(part) for _, part in parts])

    def written(self) -> str:
        return "\n".join([f"# {self.title}", "", *(f"{i}. {step}" for i, step in enumerate(self.steps, 1))])


class Problem(Layout):
    """A question with at least two numbers, a solution whose equations are all true, and their last result."""

    problem: Filled
    solution: Filled
    answer: Filled
    label: ClassVar[re.Pattern[str]] = re.compile(
        r"^[ \t]*\**(Problem|Solution|Answer)\**[ \t]*:\**", re.MULTILINE | re.IGNORECASE
    )

    @model_validator(mode="after")
    def _solved(self) -> Self:
        if not self.problem.endswith("?") or len(NUMBER.findall(self.problem)) < 2:
            raise ValueError("a problem asks a question about at least two numbers")
        found = list(equations(self.solution))
        if not found:
            raise ValueError("the solution calculates nothing")
        for one in found:
            if not one.true:
                raise ValueError(f"{one.text} is false")
        answers = [number(value) for value in NUMBER.findall(self.answer)]
        if number(NUMBER.search(found[-1].result).group()) not in answers:  # type: ignore[union-attr]
            raise ValueError(f"the answer is not {found[-1].result}, the solution's last result")
        return self

    @classmethod
    def read(cls, text: str) -> Self:
        parts = labelled(text, cls.label, "label Problem")
        if [label.casefold() for label, _ in parts] != ["problem", "solution", "answer"]:
            raise Unparsed("is not a problem, a solution and an answer")
        problem, solution, answer = (one_line(part) for _, part in parts)
        return cls(problem=problem, solution=solution, answer=answer)

    def written(self) -> str:
        return f"Problem: {self.problem}\n\nSolution: {self.solution}\n\nAnswer: {self.answer}"


class Code(Layout):
    """A fenced block, and below it at least two sentences that name something in it."""

    structured: ClassVar[bool] = False
    language: str
    code: Filled
    explanation: Filled
    fenced: ClassVar[re.Pattern[str]] = re.compile(r"\A```([\w+#.-]*)[ \t]*\n(.*?)\n[ \t]*```[ \t]*\n(.*)\Z", re.DOTALL)

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if sentences(self.explanation) < 2:
            raise ValueError("an explanation has at least two sentences")
        prose(self.explanation)
        names = set(re.findall(r"\w{2,}", self.code))
        if not names & set(re.findall(r"\w{2,}", " ".join(re.findall(r"`([^`]+)`", self.explanation)))):
            raise ValueError("the explanation names nothing of the code in `backticks`")
        return self

    @classmethod
    def read(cls, text: str) -> Self:
        found = cls.fenced.match(text)
        if not found:
            raise Unparsed("is not a fenced block and an explanation")
        language, code, explanation = found.groups()
        return cls(language=language, code=code.strip("\n"), explanation=explanation.strip())

    def written(self) -> str:
        return f"```{self.language}\n{self.code}\n```\n\n{self.explanation}"
