"""What a list of training texts may say, and reading it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.local.demo_fetch import Archive
from infra.local.demo_spec import Evidence
from infra.local.errors import StackError

Label = Literal["dense", "polished"]


class Texts(Archive):
    """Documents of one label from one archive.

    file: the file they are written to, where it is not their own: sources of one kind and little text are one source.
    registry: where `filename` is fetched: `pypi` (an sdist) or `debian` (a binary package, by apt).
    members: regular expression, searched in a member's path. separator: regular expression between documents of a
    member, where it holds many; quoted: only what stands between `_ "` and `"` is text (game scenarios).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    registry: Literal["pypi", "debian"]
    version: str
    label: Label
    file: str | None = None
    kind: str
    license: str
    license_evidence: Evidence
    members: str
    separator: str | None = None
    quoted: bool = False


class Spec(BaseModel):
    """A whole list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_bytes_per_source: int = Field(gt=0)
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
