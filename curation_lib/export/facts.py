"""What a data card states. Typed, frozen and JSON-ready; whoever makes an export fills it in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curation_lib.core.recipe import Phase
from curation_lib.core.weights_files import WeightsFrom
from curation_lib.text.tokenizers.settings import BYTES4


class Fact(BaseModel):
    """Base: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Group(Fact):
    """One of a summary's `groups` (export/summary.py)."""

    source: str
    language: str | None = None
    license: str
    format: str = ""
    documents: int
    rows: int
    bytes: int
    tokens: int


class Funnel(Fact):
    """What one stage did: rows_in + created = kept + dropped + quarantined, or there is no card.
    `skipped` records are no responses and count as nothing else."""

    stage: str
    rows_in: int
    created: int = 0
    kept: int
    dropped: dict[str, int] = {}
    quarantined: int = 0
    skipped: int = 0

    @model_validator(mode="after")
    def _adds_up(self) -> Funnel:
        out = self.kept + sum(self.dropped.values()) + self.quarantined
        if self.rows_in + self.created != out:
            raise ValueError(f"{self.stage}: {self.rows_in} in + {self.created} created, but {out} accounted for")
        return self


class SourceLicense(Fact):
    """Under what a source came and how that is known; `attribution` is what the licence asks to be named."""

    source: str
    license: str
    evidence: str | None = None
    attribution: str | None = None


class Gate(Fact):
    """A passed contract: at which stage, how many expectations held, the page that shows them."""

    stage: str
    expectations: int
    page: str


class StageSettings(Fact):
    """A stage and the settings that it ran with."""

    stage: str
    version: int
    settings: dict[str, Any] = {}


class Released(Fact):
    """An earlier release that a stage compared with: what it already held was dropped."""

    stage: str
    dataset: str
    fingerprint: str
    documents: int


class Files(Fact):
    """One format of the export. `path` is a glob below the export's own folder: `parquet/*.parquet`. A format
    has a folder to itself, because whoever reads a folder reads all files in it. `loader` and `load` are those of
    `export.formats`; `counts` says what the files hold. A format of several tables is listed table by table."""

    name: str
    path: str = Field(pattern=r"^[^/].*/[^/]+$")
    loader: str = ""
    load: str = ""
    counts: dict[str, int] = {}


class Limit(Fact):
    """Something that a reader might expect and that was not done."""

    name: str
    text: str


NOT_DONE = (
    Limit(name="Personal data", text="Names, addresses, numbers and secrets were not looked for or removed."),
    Limit(name="Opt-outs", text="Signals such as robots.txt or TDM reservations were not applied."),
    Limit(name="Decontamination", text="Overlap with evaluation sets was not measured or removed."),
    Limit(name="Toxicity", text="Harmful, hateful or adult text was not looked for."),
)
"""What no stage did; a build that does one of them leaves it out of its facts."""


class MixGroup(Fact):
    """What a mix takes of one source, language and licence, and what there was (mix/planned.py)."""

    source: str
    language: str
    license: str
    synthetic: bool
    documents_held: int
    tokens_held: int
    documents: int
    rows: int
    tokens: int
    unique_tokens: int
    effective_tokens: int
    full: bool


class MixFacts(Fact):
    """What a mix comes to, as its manifest says (mix/planned.py)."""

    budget: int | None
    planned: int
    binds: str
    shares: dict[str, float]
    anchor: int
    documents_held: int
    tokens_held: int
    documents: int
    rows: int
    tokens: int
    unique_tokens: int
    effective_tokens: int
    groups: tuple[MixGroup, ...]


class CardFacts(Fact):
    """Everything on a card. `location` is the export's folder (any fsspec URL); `mixed` is what the mix comes to,
    with what it was drawn from; `weights_from` says which file or mixture gave its weights; `tokenizer` is what
    counted, and what pins it; `paths` names what else of the build lies where."""

    title: str
    corpus: str
    phase: Phase
    build_id: str
    recipe_fingerprint: str
    location: str
    description: str = ""
    paths: dict[str, str] = {}
    files: tuple[Files, ...]
    tokenizer: str = BYTES4
    groups: tuple[Group, ...] = ()
    mixed: MixFacts | None = None
    funnel: tuple[Funnel, ...] = ()
    licenses: tuple[SourceLicense, ...] = ()
    gates: tuple[Gate, ...] = ()
    mix: StageSettings | None = None
    weights_from: WeightsFrom | None = None
    filters: tuple[StageSettings, ...] = ()
    released: tuple[Released, ...] = ()
    not_done: tuple[Limit, ...] = NOT_DONE
