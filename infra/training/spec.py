"""What a list of training texts may say, and reading it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from infra.local.demo_fetch import Archive
from infra.local.demo_spec import Evidence
from infra.local.errors import StackError

Label = Literal["dense", "polished"]
Explains = Literal["explains", "other"]
Topic = Literal[
    "arts", "biology_medicine", "business", "games", "law", "literature", "mathematics", "religion",
    "science", "software",
]  # fmt: skip
Format = Literal["blog", "code", "faq", "fiction", "legal", "listing", "news", "reference", "textbook", "tutorial"]
EXPLAINING: frozenset[str] = frozenset({"faq", "reference", "textbook", "tutorial"})
"""Formats that explain a matter. Of the others code is left out of `explains`: it is neither prose nor padding."""


class Texts(Archive):
    """Documents of one archive: of one label, or of one topic and one format, each where it is known.

    file: the file they are written to, where it is not their own: sources of one kind and little text are one source.
    explains: for or against explaining, where no format says it (chats, promotion).
    registry: where `filename` is fetched: `pypi` (an sdist) or `debian` (a binary package, by apt).
    members: regular expression, searched in a member's path. separator: regular expression between documents of a
    member, where it holds many; quoted: only what stands between `_ "` and `"` is text (game scenarios); captured: only
    what the group of this regular expression matches is text; whole: of a page all is text, its lists of links too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    registry: Literal["pypi", "debian"]
    version: str
    label: Label | None = None
    topic: Topic | None = None
    format: Format | None = None
    explains: Explains | None = None
    file: str | None = None
    kind: str
    license: str
    license_evidence: Evidence
    members: str
    separator: str | None = None
    quoted: bool = False
    captured: str | None = None
    whole: bool = False

    @model_validator(mode="after")
    def _is_of_something(self) -> Self:
        if not self.labels:
            raise ValueError(f"{self.name} is for nothing; give its label, topic or format")
        return self

    @property
    def labels(self) -> dict[str, str]:
        """Its label by folder: `dense`, or `topic/science`, `format/textbook` and `explains/explains`."""
        found = {"": self.label, "topic/": self.topic, "format/": self.format, "explains/": self._explains}
        return {f"{task}{label}": label for task, label in found.items() if label}

    @property
    def _explains(self) -> Explains | None:
        if self.explains or self.format in (None, "code"):
            return self.explains
        return "explains" if self.format in EXPLAINING else "other"


class Spec(BaseModel):
    """A whole list. without: pieces in which this regular expression is found are left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_bytes_per_source: int = Field(gt=0)
    without: str | None = None
    sources: list[Texts]


def load_spec(path: Path) -> Spec:
    """The list in `path`. Raises StackError, naming the place, for what is no list of texts."""
    try:
        return Spec.model_validate(yaml.safe_load(path.read_bytes()))
    except yaml.YAMLError as error:
        raise StackError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise StackError(f"{path}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}") from error
