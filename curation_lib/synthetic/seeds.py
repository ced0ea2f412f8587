"""`synthetic.seeds`: chooses the documents that a generator rewrites, and the forms that are asked of each.

Drops nothing. A chosen document's metadata gets `synthetic_requests` (JSON list of forms), `synthetic_rank` (how many
requests go to better ones: 0 is the best) and, where the generator shall see a part only, `synthetic_excerpt` (JSON
`[start, stop]`, bytes of the text).

Seeds are the densest texts (`filters.density`'s model, over what the generator sees), by turns from every
`metadata["topic"]`; texts without a score, for they are not English, come behind, in order of a hash. Never seeds:
documents of format `synthetic` (generation depth is 1) and those with an opt-out.

A Group, so that the choice is exact, whatever the shards, and among the documents that are left, not among those that
other filters of a block drop. Memory: `partition` holds about 110 bytes per eligible document of its topics, `decide`
that much per document in the running: three times `requests` per topic at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from pydantic import field_validator, model_validator

from curation_lib.core.artefact import Place
from curation_lib.core.config import StageConfig, keep, locate, measure
from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import Context, Group, Lookup, Result
from curation_lib.synthetic.allotment import allotted
from curation_lib.synthetic.eligible import candidates
from curation_lib.synthetic.forms import FORMS
from curation_lib.synthetic.wanted import EXCERPT, NOTES, RANK, REQUESTS
from curation_lib.text.density_scores import Loaded, density_model_files, density_scores, load_density
from curation_lib.text.hashing import priority
from curation_lib.text.named_languages import english

HOLDS = ("numbers", "code")
KEYS = pa.schema(
    [
        pa.field("row", pa.uint32()),
        pa.field("partition_key", pa.uint64()),
        pa.field("topic", pa.string()),
        pa.field("score", pa.float32()),
        pa.field("quality", pa.float64()),
        pa.field("tie", pa.uint64()),
        pa.field("doc_id", pa.string()),
        pa.field("start", pa.int64()),
        pa.field("stop", pa.int64()),
        pa.field("whole", pa.bool_()),
        *(pa.field(name, pa.bool_()) for name in HOLDS),
    ]
)
"""One row per document that may be a seed: log odds that bytes [start, stop) of its text are dense, whether these are
all of it, and what they hold."""
DECISION = pa.schema(
    [
        pa.field("shard", pa.uint32(), nullable=False),
        pa.field("row", pa.uint32(), nullable=False),
        *(pa.field(name, pa.string()) for name in (REQUESTS, RANK, EXCERPT)),
    ]
)
"""One row per seed: its notes."""
DEFAULT: Mapping[str, float] = {
    "diverse_qa": 3, "knowledge_list": 2, "faq": 1, "table": 1, "tutorial": 1, "wikipedia": 1, "summary": 1,
    "dialogue": 1, "math_problem": 1, "code_explanation": 1,
}  # fmt: skip


class SeedsConfig(StageConfig):
    """requests: how many texts are asked for in all, fewer where there are too few seeds. forms: weight of each form.
    per_seed: how many different forms a seed is asked for. languages: of seeds; `unknown` may be named. min_bytes:
    a shorter text is no seed. max_bytes: of a longer one the generator sees the whole paragraphs in a row that hold
    the most prose. min_density: least score, null takes any. quality: key of a number in the metadata; min_quality:
    its least value, null takes any. balance: topics take turns. max_per_topic: most seeds of one topic. model: see
    `filters.density`."""

    requests: int = keep(ge=1)
    forms: dict[str, float] = keep(dict(DEFAULT), min_length=1)
    per_seed: int = keep(1, ge=1, le=len(FORMS))
    languages: tuple[str, ...] = measure(("en",), min_length=1)
    min_bytes: int = measure(400, ge=1)
    max_bytes: int = measure(3000, ge=1)
    min_density: float | None = keep(None)
    quality: str = measure("quality_bucket")
    min_quality: float | None = keep(None)
    balance: bool = keep(True)
    max_per_topic: int | None = keep(None, ge=1)
    model: Place | None = locate(None)

    @field_validator("forms")
    @classmethod
    def _known(cls, forms: dict[str, float]) -> dict[str, float]:
        for name, weight in forms.items():
            if name not in FORMS:
                raise ValueError(f"there is no form {name!r}; forms are {', '.join(FORMS)}")
            if weight <= 0:
                raise ValueError(f"{name}: the weight {weight:g} asks for nothing; give more than 0, or leave it out")
        return forms

    @model_validator(mode="after")
    def _fits(self) -> SeedsConfig:
        if self.min_bytes > self.max_bytes:
            raise ValueError(f"min_bytes {self.min_bytes} is over max_bytes {self.max_bytes}: no text fits")
        return self


def key(batch: pa.RecordBatch, config: SeedsConfig, context: Context) -> pa.RecordBatch:
    """KEYS of the documents that may be seeds; the partition key is the topic's."""
    found = candidates(batch, config.languages, config.min_bytes, config.max_bytes)
    rows = batch.take(pa.array(found.rows, pa.int64()))
    loaded: Loaded = context.model
    scores = density_scores(found.texts, loaded.model)[0].astype(np.float32)
    topics = _metadata(rows, "topic")
    quality = _metadata(rows, config.quality)
    columns = {
        "row": found.rows,
        "partition_key": pa.array([xxhash.xxh3_64_intdigest((topic or "").encode()) for topic in topics], pa.uint64()),
        "topic": pa.array([topic or "" for topic in topics], pa.string()),
        "score": pa.array(scores, mask=~english(rows)),
        "quality": pa.array([_number(value) for value in quality], pa.float64()),
        "tie": pa.array(priority(rows.column("doc_id"), 0), pa.uint64()),
        "doc_id": rows.column("doc_id"),
        **{name: pa.array(getattr(found, name)) for name in ("start", "stop", "whole", *HOLDS)},
    }
    return pa.RecordBatch.from_arrays([pa.array(columns[f.name], f.type) for f in KEYS], schema=KEYS)


def partition(rows: pa.Table, config: SeedsConfig) -> pa.Table:
    """Of each topic the documents that can be among the seeds, best first, with their place in the topic, `nth`."""
    for name, least in (("score", config.min_density), ("quality", config.min_quality)):
        if least is not None:
            rows = rows.filter(pc.fill_null(pc.greater_equal(rows.column(name), least), False))
    order = [("topic", "ascending"), ("score", "descending"), ("tie", "ascending"), ("doc_id", "ascending")]
    rows = rows.sort_by(order)  # nulls last
    nth = _nth(rows.column("topic"))
    stays = np.zeros(rows.num_rows, bool)
    topics = rows.column("topic").combine_chunks().dictionary_encode().indices.to_numpy()
    for held in (np.ones(rows.num_rows, bool), *(rows.column(name).to_numpy().astype(bool) for name in HOLDS)):
        at = np.flatnonzero(held)
        stays[at[_count(topics[at]) < config.requests]] = True
    if config.max_per_topic is not None:
        stays &= nth < config.max_per_topic
    return rows.append_column("nth", pa.array(nth)).filter(pa.array(stays))


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: SeedsConfig) -> pa.Table:
    """The seeds with their notes (DECISION); `lookup` is not used."""
    rows = pa.concat_tables(partials)
    turns = [("nth", "ascending")] if config.balance else []
    rows = rows.sort_by([*turns, ("score", "descending"), ("tie", "ascending"), ("doc_id", "ascending")])
    holds = [rows.column(name).to_pylist() for name in HOLDS]
    seeds = [frozenset(n for n, has in zip(HOLDS, one, strict=True) if has) for one in zip(*holds, strict=True)]
    asked = allotted(seeds, config.forms, config.requests, config.per_seed)
    chosen = [i for i, forms in enumerate(asked) if forms]
    rows = rows.take(pa.array(chosen, pa.int64()))
    cut = zip(*(rows.column(name).to_pylist() for name in ("whole", "start", "stop")), strict=True)
    columns = {
        "shard": rows.column("shard"),
        "row": rows.column("row"),
        REQUESTS: [orjson.dumps(asked[i]).decode() for i in chosen],
        RANK: [str(rank) for rank in [0, *accumulate(len(asked[i]) for i in chosen)][: len(chosen)]],
        EXCERPT: [None if whole else f"[{start},{stop}]" for whole, start, stop in cut],
    }
    return pa.table(columns, schema=DECISION)


def apply(batch: pa.RecordBatch, decision: pa.Table, config: SeedsConfig, context: Context) -> Result:
    """`batch` with the seeds' notes in their metadata, in place of any that were there."""
    notes = {row.pop("row"): row for row in decision.drop_columns("shard").to_pylist()}
    made = [_noted(old, notes.get(i)) for i, old in enumerate(batch.column("metadata").to_pylist())]
    at = batch.schema.get_field_index("metadata")
    return Result(batch.set_column(at, DOCUMENT.field("metadata"), pa.array(made, DOCUMENT.field("metadata").type)))


def _noted(old: list[tuple[str, str]] | None, notes: dict[str, str | None] | None) -> list[tuple[str, str]] | None:
    """Metadata without requests of an earlier choice, and with those of this one."""
    left = [(name, value) for name, value in old or () if name not in NOTES]
    added = [(name, value) for name, value in (notes or {}).items() if value is not None]
    return left + added if left or added else None if old is None else []


def _metadata(rows: pa.RecordBatch, name: str) -> list[str | None]:
    found: list[str | None] = pc.map_lookup(rows.column("metadata"), name, occurrence="last").to_pylist()
    return found


def _number(value: str | None) -> float | None:
    try:
        found = float(value) if value is not None else None
    except ValueError:
        return None
    return found if found is None or np.isfinite(found) else None


def _nth(topics: pa.ChunkedArray) -> Any:
    return _count(topics.combine_chunks().dictionary_encode().indices.to_numpy())


def _count(sorted_labels: Any) -> Any:
    """int64: how many equal labels stand before each, of labels in runs."""
    places = np.arange(len(sorted_labels))
    begins = np.r_[True, sorted_labels[1:] != sorted_labels[:-1]] if len(sorted_labels) else np.zeros(0, bool)
    return places - np.maximum.accumulate(np.where(begins, places, 0)) if len(places) else places


STAGE = Group(
    name="synthetic.seeds",
    version=3,
    config=SeedsConfig,
    summary="chooses the documents that a generator rewrites, by density and topic, and the forms asked of each",
    libraries=("numpy", "xxhash"),
    load=lambda config: load_density(config.model),
    model_files=lambda config: density_model_files(config.model),
    key=key,
    partition=partition,
    decide=decide,
    apply=apply,
    reads=("doc_id", "text", "language", "opt_out", "format", "metadata"),
)
