"""Law 3: a batch cut in two gives the answer of the whole, and an empty batch is legal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from curation_lib.core.contract import CAPTURE, conform
from curation_lib.core.stage import Context, Filter, Group, Map, Order, Source, Stage
from curation_lib.text.records import Record, records_of
from tests.filters.judging import state_of
from tests.laws.stage_table import INPUTS, configured, stages
from tests.runner.corpora import write_inputs

CUTS = (0, 1, 17)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("batches") / "inputs")


def captures(folder: Path, **settings: Any) -> pa.RecordBatch:
    """Everything that all sources read there, as one batch."""
    batches = [b for s in stages(Source) for b in read(s, folder, **settings)]
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def read(stage: Stage, folder: Path, **settings: Any) -> list[pa.RecordBatch]:
    assert isinstance(stage, Source)
    paths = str(folder / INPUTS.get(stage.name, "."))
    config = configured(stage, source="s", paths=paths, **settings)
    return [
        conform(r.captures, CAPTURE, stage.name)
        for shard in stage.shards(config)
        for r in stage.read(shard, config)
        if r.captures is not None
    ]


@pytest.fixture(scope="module")
def batch_of(folder: Path) -> Any:
    whole = captures(folder)
    plain = next(s for s in stages(Map) if s.name == "normalize.plain")
    assert isinstance(plain, Map)
    documents = plain.fn(whole, configured(plain), Context()).kept
    # a stage has to be right about rows that lie in the middle of a buffer, too
    documents = pa.concat_batches([documents.slice(0, 3), documents]).slice(3)
    records = documents.filter(pa.array([isinstance(one, Record) for one in records_of(documents)]))
    assert records.num_rows > 10
    return lambda stage: whole if stage.consumes == CAPTURE else records if stage.name == "export.chat" else documents


def halves(batch: pa.RecordBatch, cut: int) -> list[tuple[int, pa.RecordBatch]]:
    return [(0, batch.slice(0, cut)), (cut, batch.slice(cut))]


def context(stage: Stage, batch: pa.RecordBatch, config: Any) -> Context:
    statistics = getattr(stage, "statistics", None)
    model = stage.load(config) if stage.load else None
    return Context(model, statistics(config)(batch) if statistics else None)


def named(kinds: Any) -> Any:
    return pytest.mark.parametrize("stage", stages(*kinds), ids=lambda s: s.name)


@named([Source])
@pytest.mark.parametrize("rows", [1, 5])
def test_a_source_s_batches(stage: Source, rows: int, folder: Path) -> None:
    small, big = read(stage, folder, batch_rows=rows), read(stage, folder)
    assert len(small) > len(big)
    assert pa.Table.from_batches(small).to_pylist() == pa.Table.from_batches(big).to_pylist()


def mapped(stage: Map, batch: pa.RecordBatch, start: int = 0) -> list[list[Any]]:
    config = configured(stage)
    result = stage.fn(batch, config, context(stage, batch, config))
    assert batch.num_rows + result.created == result.kept.num_rows + len(result.drops) + len(result.bad)
    moved = [[o._replace(row=o.row + start) for o in some] for some in (result.drops, result.edits, result.bad)]
    return [conform(result.kept, stage.produces, stage.name).to_pylist(), *moved]


@named([Map])
@pytest.mark.parametrize("cut", CUTS)
def test_a_map(stage: Map, cut: int, batch_of: Any) -> None:
    batch = batch_of(stage)
    parts = [mapped(stage, part, start) for start, part in halves(batch, cut)]
    assert [a + b for a, b in zip(*parts, strict=True)] == mapped(stage, batch)


def measured(stage: Filter, batch: pa.RecordBatch) -> pa.Table:
    config = configured(stage)
    scores = stage.measure(batch, config, context(stage, batch, config))
    assert scores.num_rows == batch.num_rows
    return pa.Table.from_batches([scores])


def judged(stage: Filter, scores: pa.Table, state: Any) -> dict[str, list[Any]]:
    batch = scores.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], scores.schema)]
    rules = stage.keep(batch[0], configured(stage), Context(state=state))
    assert all(len(r.failed) == scores.num_rows == len(r.score) for r in rules)
    return {r.name: [*zip(r.failed.to_pylist(), r.score.to_pylist(), strict=True)] for r in rules}


@named([Filter])
@pytest.mark.parametrize("cut", CUTS)
def test_a_filter(stage: Filter, cut: int, batch_of: Any) -> None:
    batch = batch_of(stage)
    whole, parts = measured(stage, batch), [measured(stage, part) for _, part in halves(batch, cut)]
    assert pa.concat_tables(parts).equals(whole)
    state = state_of(stage, configured(stage), [b for p in parts for b in p.to_batches()])
    assert state == state_of(stage, configured(stage), whole.to_batches())
    rules, first, second = (judged(stage, scores, state) for scores in (whole, *parts))
    assert rules
    assert {name: first[name] + second[name] for name in rules} == rules


def keyed(stage: Group, batch: pa.RecordBatch, start: int = 0) -> list[dict[str, Any]]:
    config = configured(stage)
    found = stage.key(batch, config, context(stage, batch, config)).to_pylist()
    assert all(0 <= row["row"] < batch.num_rows for row in found)
    moved = [{**row, "row": row["row"] + start} for row in found]
    return sorted(moved, key=lambda row: int(row["row"]))  # as the runner does; rows of one document keep their order


@named([Group])
@pytest.mark.parametrize("cut", CUTS)
def test_the_keys_of_a_group(stage: Group, cut: int, batch_of: Any) -> None:
    batch = batch_of(stage)
    parts = [row for start, part in halves(batch, cut) for row in keyed(stage, part, start)]
    assert parts == keyed(stage, batch)
    assert parts


@named([Order])
@pytest.mark.parametrize("cut", CUTS)
def test_an_order(stage: Order, cut: int, batch_of: Any) -> None:
    batch, config = batch_of(stage), configured(stage)
    copies = (np.arange(batch.num_rows) % 3).astype(np.uint32)
    whole = stage.place(batch, copies, config).to_pylist()
    parts = [stage.place(part, copies[at : at + part.num_rows], config).to_pylist() for at, part in halves(batch, cut)]
    assert parts[0] + parts[1] == whole
    rows = list(zip(batch.column("doc_id").to_pylist(), copies.tolist(), strict=True))
    assert len(set(whole)) == len(set(rows))
    assert stage.part_bytes(config) > 0


@named([Map, Filter, Group])
def test_an_empty_batch_keeps_the_columns(stage: Any, batch_of: Any) -> None:
    batch = batch_of(stage)
    empty, config = batch.slice(0, 0), configured(stage)
    if isinstance(stage, Map):
        assert mapped(stage, empty) == [[], [], [], []]
    elif isinstance(stage, Filter):
        assert measured(stage, empty).schema == measured(stage, batch).schema
    else:
        given = context(stage, empty, config)
        assert stage.key(empty, config, given).schema == stage.key(batch, config, given).schema
