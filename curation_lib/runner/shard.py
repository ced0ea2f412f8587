"""What a worker does with one shard of a source, of Maps, of a filter block or of an export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Context, Filter, Map, Source, measured_together
from curation_lib.runner.annotations import annotated
from curation_lib.runner.books import Books, text_bytes
from curation_lib.runner.commit import Done, Outputs, finished, once
from curation_lib.runner.cuts import cut
from curation_lib.runner.deciding import Decision, decide
from curation_lib.runner.manifest import Entry
from curation_lib.runner.parts import PartWriter, read_batches
from curation_lib.runner.work import Link, Work, contexts, entry, explained, model, run_maps, write_dataset


def ingest(work: Work) -> Entry:
    """Read a source's shard and send its captures through the Maps behind it."""

    def make(outputs: Outputs) -> dict[str, Any]:
        (source, config), *maps = work.bound()
        assert isinstance(source, Source)
        given = contexts(work)[1:]
        books = Books(source=getattr(config, "source", source.name))

        def batches() -> Iterator[pa.RecordBatch]:
            for read in source.read(work.part, config):
                books.unread(read.unread)
                books.skipped += read.skipped
                books.rows_in += read.skipped
                if read.captures is not None:
                    books.rows_in += read.captures.num_rows
                    books.bytes_in += text_bytes(read.captures)
                    yield run_maps(read.captures, maps, given, books)

        return write_dataset(outputs, batches(), DOCUMENT, books, work.codec)

    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, work.paths(), make))


@dataclass(frozen=True)
class Found:
    """What a Map found ahead, by the place of the part among the step's."""

    states: dict[int, Any]
    reused: bool = False


def look_ahead(work: Work) -> Found:
    """Let the first Map of the chain look at the documents of all parts in `facts["parts"]` that are not done."""
    todo: list[tuple[int, str]] = [
        (index, part) for index, part, input in work.facts["parts"] if not finished(work.store, work.fingerprint, input)
    ]
    with explained(work):
        stage, config = work.bound()[0]
        assert isinstance(stage, Map)
        assert stage.ahead is not None
        parts = (read_batches(work.store, part, work.batch_rows, stage.ahead_reads) for _, part in todo)
        states = stage.ahead(parts, config, contexts(work)[0])
    return Found({index: state for (index, _), state in zip(todo, states, strict=True)})


def map_documents(work: Work) -> Entry:
    """Send a part through a chain of Maps; `facts["found"]` is what the first of them found ahead."""

    def make(outputs: Outputs) -> dict[str, Any]:
        stages, given, books = work.bound(), contexts(work), Books()
        given[0] = given[0]._replace(state=work.facts.get("found"))

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in documents(work, books):
                yield run_maps(batch, stages, given, books)

        return write_dataset(outputs, batches(), stages[-1][0].produces, books)

    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, work.paths(), make))


def documents(work: Work, books: Books) -> Iterator[pa.RecordBatch]:
    """The part's batches, counted as rows in."""
    for batch in read_batches(work.store, work.part, work.batch_rows):
        books.rows_in += batch.num_rows
        books.bytes_in += text_bytes(batch)
        yield batch


def measure(work: Work) -> dict[str, Done]:
    """Score a part with every filter of `facts["missing"]` in one pass; each filter's scores are one file."""
    missing: dict[str, tuple[str, str]] = work.facts["missing"]  # stage -> (work fingerprint, directory)
    wanted = [link for link in work.chain if link[0] in missing]
    with explained(work):
        tables = _score(work, wanted)
        return {name: _write_scores(work, *missing[name], table) for name, table in tables.items()}


def _score(work: Work, wanted: Sequence[Link]) -> dict[str, pa.Table]:
    scored: dict[str, list[pa.RecordBatch]] = {name: [] for name, *_ in wanted}
    bound = [(stage, config) for stage, config in work.bound() if stage.name in scored]
    for batch in read_batches(work.store, work.part, work.batch_rows):
        statistics = measured_together(bound, batch)
        for (stage, config), link, found in zip(bound, wanted, statistics, strict=True):
            assert isinstance(stage, Filter)
            scored[stage.name].append(scores_of(stage, config, batch, Context(model(*link), found)))
    return {name: pa.Table.from_batches(batches) if batches else None for name, batches in scored.items()}


def scores_of(stage: Filter, config: Any, batch: pa.RecordBatch, context: Context) -> pa.RecordBatch:
    """The filter's scores of a batch as they are stored: beside `doc_id` and `source_id`, none of them NaN."""
    scores = stage.measure(batch, config, context)
    if scores.num_rows != batch.num_rows:
        raise ContractError(f"{stage.name}: {scores.num_rows} rows of scores for {batch.num_rows} documents")
    for name, column in zip(scores.schema.names, scores.columns, strict=True):
        if pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py():
            row = pc.is_nan(column).index(pa.scalar(True)).as_py()
            raise ContractError(f"{stage.name}: score {name!r} is NaN for {batch.column('source_id')[row]}")
    names = ["doc_id", "source_id", *scores.schema.names]
    return pa.RecordBatch.from_arrays([batch.column("doc_id"), batch.column("source_id"), *scores.columns], names)


def _write_scores(work: Work, fingerprint: str, directory: str, table: pa.Table | None) -> Done:
    def make(outputs: Outputs) -> dict[str, Any]:
        rows = table if table is not None else pa.table({"doc_id": pa.array([], pa.string())})
        with outputs.writing("scores") as written, PartWriter(written, rows.schema) as part:
            for batch in rows.to_batches():
                part.write(batch)
        outputs.rows("scores", part.rows)
        return {"rows": part.rows}

    return once(work.store, fingerprint, work.input, directory, score_paths(work.index), make)


def score_paths(index: int) -> dict[str, str]:
    return {"scores": f"part-{index:05d}.parquet"}


def keep(work: Work) -> Entry:
    """Decide a part from stored scores: a document's rule is its first failure in recipe, then declared order."""

    def make(outputs: Outputs) -> dict[str, Any]:
        filters, books = work.bound(), Books()
        streams = [read_batches(work.store, work.facts["scores"][stage.name], work.batch_rows) for stage, _ in filters]
        states: dict[str, Any] = work.facts.get("states", {})

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in documents(work, books):
                decision = decide(filters, [next(scores, None) for scores in streams], batch, states)
                yield _taken(batch, decision, books)

        return write_dataset(outputs, batches(), DOCUMENT, books)

    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, work.paths(), make))


def _taken(batch: pa.RecordBatch, decision: Decision, books: Books) -> pa.RecordBatch:
    """Book each dropped document under the stage that takes it, and return the rest."""
    books.declare(decision.names)
    for stage, drops in decision.drops():
        books.drop(stage, batch, drops)
    kept = decision.kept
    batch = cut(batch, decision.verdicts, set(np.flatnonzero(~kept).tolist()), books)
    batch = annotated(batch, decision.notes)
    return batch.filter(pa.array(kept))
