"""One piece of work as plain data: what a worker needs to run it, wherever the worker is."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import orjson
import pyarrow as pa

from curation_lib.core.config import StageConfig
from curation_lib.core.contract import conform
from curation_lib.core.errors import ContractError, WinnowError
from curation_lib.core.fingerprint import fingerprint, model_hashes
from curation_lib.core.registry import find
from curation_lib.core.stage import Bound, Context, Map, Run, Stage
from curation_lib.runner.books import Books
from curation_lib.runner.commit import Outputs
from curation_lib.runner.manifest import NAMES, Entry
from curation_lib.runner.memory import Remembered
from curation_lib.runner.parts import BATCH_ROWS, CODEC, PartWriter
from curation_lib.runner.reports import reporting
from curation_lib.runner.store import Store
from curation_lib.text.hashing import content_hashes

Link = tuple[str, str, str]
"""A stage on its way to a worker: its name, its settings, and the fingerprint of its model's files."""


@dataclass(frozen=True)
class Work:
    """One shard of one step. `fingerprint` names the work without its input, `input` the input's bytes.

    chain: stages as they are sent; part: store key of the input part (a source's Shard for ingest).
    memory: the store of remembered answers, `store` where there is no other; workers, began: see core's Run.
    """

    store: Store
    fingerprint: str
    input: str
    name: str
    index: int
    directory: str
    chain: tuple[Link, ...]
    part: Any = None
    facts: dict[str, Any] = field(default_factory=dict)
    batch_rows: int = BATCH_ROWS
    codec: str | None = CODEC
    memory: Store | None = None
    workers: int = 1
    began: float = 0.0

    def bound(self) -> list[Bound]:
        return [bind(name, settings) for name, settings, _ in self.chain]

    def paths(self) -> dict[str, str]:
        """Where each kind of file of this shard goes, relative to the dataset."""
        return {kind: pattern.format(self.index) for kind, pattern in NAMES.items()}


def described(stage: Stage, config: StageConfig) -> Link:
    """A stage and its settings as text, for the way to a worker."""
    settings = orjson.dumps(config.model_dump(mode="json")).decode()
    return stage.name, settings, fingerprint(model_hashes(stage, config))


@cache
def bind(name: str, settings: str) -> Bound:
    """The stage and its typed settings again."""
    stage = find(name)
    return stage, stage.config.model_validate(orjson.loads(settings))


@lru_cache(maxsize=32)
def model(name: str, settings: str, files: str) -> Any:
    """What the stage's `load` returns, once per worker for the `files` that the build has seen.

    Raises ContractError where this worker finds others: outputs would stand under a fingerprint that is not theirs.
    """
    stage, config = bind(name, settings)
    loaded = stage.load(config) if stage.load else None
    if stage.model_files and fingerprint(model_hashes(stage, config)) != files:
        found = stage.model_files(config)
        places = ", ".join(found.values() if isinstance(found, Mapping) else found)
        raise ContractError(
            f"{name}: {places} changed while the build ran, or differs from machine to machine; start the build again "
            "with the same files everywhere"
        )
    return loaded


def contexts(work: Work) -> list[Context]:
    memory, run = Remembered(work.memory or work.store), Run(work.workers, work.began, reporting())
    return [Context(model=model(*link), memory=memory, run=run) for link in work.chain]


def run_maps(batch: pa.RecordBatch, stages: Sequence[Bound], given: Sequence[Context], books: Books) -> pa.RecordBatch:
    """Send a batch through a chain of Maps, booking what each takes away."""
    for (stage, config), context in zip(stages, given, strict=True):
        assert isinstance(stage, Map)
        result = stage.fn(batch, config, context)
        books.apply(stage.name, batch, result)
        batch = conform(result.kept, stage.produces, stage.name)
        if result.edits:
            batch = rehashed(batch)
    return batch


def rehashed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with content hashes of its current texts."""
    at = batch.schema.get_field_index("content_hash")
    return batch.set_column(at, batch.schema.field(at), content_hashes(batch.column("text")))


@contextmanager
def explained(work: Work) -> Iterator[None]:
    """Errors that leave a worker say which stages and which shard they came from; its free memory goes back.

    Arrow's pool and malloc keep what a shard needed for the next one, which may never come to this worker.
    """
    where = f"{'+'.join(name for name, *_ in work.chain)}, shard {work.name}"
    try:
        yield
    except WinnowError as e:
        if type(e).__init__ is Exception.__init__ and where not in str(e):
            raise type(e)(f"{where}: {e}") from e
        raise
    except Exception as e:
        e.add_note(f"in {where}")
        raise
    finally:
        _give_back()


def _give_back() -> None:
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


def write_dataset(
    outputs: Outputs, batches: Iterator[pa.RecordBatch], schema: pa.Schema, books: Books, codec: str | None = CODEC
) -> dict[str, Any]:
    """Write kept documents as the part, then the books; returns the counts."""
    with outputs.writing("part") as written, PartWriter(written, schema, codec) as part:
        for batch in batches:
            books.keep(batch)
            part.write(batch)
    outputs.rows("part", part.rows)
    counts = books.counts()
    for kind, ledger, ledger_schema in books.ledgers():
        if ledger or kind == "drops":
            with outputs.writing(kind) as written, PartWriter(written, ledger_schema) as writer:
                for batch in ledger:
                    writer.write(batch)
            outputs.rows(kind, writer.rows)
    return counts


def entry(work: Work, done: Any) -> Entry:
    """The manifest entry of a finished shard."""
    return Entry(work.input, work.name, done.files, done.facts, done.reused)


Task = Callable[[Work], Any]
