"""The pins of the demo's inputs: what demo_inputs.yaml may say, and reading it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from infra.local.demo_fetch import Archive

SPEC = Path(__file__).with_name("demo_inputs.yaml")


class Evidence(BaseModel):
    """Where the archive states its licence, and words that stand there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    member: str
    says: str


class LanguageModel(Archive):
    """The fastText model inside a wheel."""

    member: str
    member_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    license: str
    license_evidence: Evidence


class Benchmark(Archive):
    """A benchmark's file inside an archive, copied as it is."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    member: str
    license: str
    license_evidence: Evidence


class Pages(BaseModel):
    """Members (regular expression on the whole path) and the address each gets (template)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    members: str
    url: str


class Source(Archive):
    """One source of the demo; the YAML's head says what each field means."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    version: str
    released: datetime
    license: str
    license_evidence: Evidence
    languages: list[str]
    format: Literal["warc", "jsonl.zst", "jsonl.gz", "faq.jsonl.zst"]
    shards: int = Field(ge=1)
    pages: list[Pages]


class Spec(BaseModel):
    """The whole of demo_inputs.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    language_model: LanguageModel
    benchmarks: list[Benchmark] = []
    sources: list[Source]


def load_spec(path: Path = SPEC) -> Spec:
    """The pins in `path`. Raises pydantic.ValidationError on an unknown or malformed field."""
    return Spec.model_validate(yaml.safe_load(path.read_bytes()))
