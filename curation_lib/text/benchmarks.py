"""Benchmarks as models: where their files lie, their items, and the index of what may leak.

Every field of an item is searched by itself, in two forms: as `text.words` splits it, and with signs inside words
stripped (`hip-hop` as `hiphop`), since copies come in both. An n-gram of more than `max_texts` different fields tells
nothing about any item (instructions, answer templates) and is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, field_validator

from curation_lib.core.config import StageConfig, locate
from curation_lib.core.errors import ConfigError
from curation_lib.text.benchmark_rows import rows, text, value_at
from curation_lib.text.given_files import MAX_FILE_BYTES, given_files
from curation_lib.text.masked_words import Tokens, masked_tokens
from curation_lib.text.overlap import Grams, ngram_index

_LINES = (".jsonl", ".json", ".ndjson")
_PACKED = ("", ".gz", ".zst", ".zstd")
SUFFIXES = (*(f"{line}{packed}" for line in _LINES for packed in _PACKED), ".parquet", ".pq")


class Benchmark(StageConfig):
    """One benchmark. paths: files, folders, globs or URLs of JSON lines (also .gz, .zst) or Parquet. fields: those
    that are searched, texts or lists of texts, `choices.text` or `targets.0` within others (`benchmark_rows`). id: the
    field that names an item; without it items are called by their row, `file#row` where there are several files.
    max_file_bytes, max_document_bytes, max_items: a file that holds more, unpacked, an item whose texts are longer, and
    more items than that stop the build."""

    name: str = Field(pattern=r"^\S+$")
    paths: tuple[str, ...] = locate(min_length=1)
    fields: tuple[str, ...] = Field(min_length=1)
    id: str | None = None
    max_file_bytes: int = locate(MAX_FILE_BYTES, ge=1)
    max_document_bytes: int = locate(20 << 20, ge=1)
    max_items: int = locate(5_000_000, ge=1)

    @field_validator("paths", "fields", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("paths")
    @classmethod
    def _whole(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Workers may stand in another folder."""
        return tuple(path if "://" in path else os.path.abspath(os.path.expanduser(path)) for path in paths)


class Unit(NamedTuple):
    """One form of one field of an item: benchmark and field by their number, the item by its name."""

    benchmark: int
    item: str
    field: int


class Index(NamedTuple):
    """What documents are compared with. Row u of `grams`, `tokens` and `texts` is units[u]; `items` counts items per
    benchmark, `searched` those of them with an n-gram in the index. short: rows of fewer than n tokens, which are met
    as a whole or not at all."""

    grams: Grams
    units: list[Unit]
    tokens: Tokens
    texts: pa.LargeStringArray
    items: list[int]
    searched: list[int]
    short: npt.NDArray[np.bool_]


def benchmark_files(benchmarks: Sequence[Benchmark]) -> dict[str, str]:
    """Place of every file by `benchmark/name`, by name. Raises ConfigError where a path leads nowhere."""
    files: dict[str, str] = {}
    for benchmark in benchmarks:
        for path in benchmark.paths:
            for name, place in given_files(f"benchmarks: {benchmark.name}", path, SUFFIXES).items():
                if files.setdefault(f"{benchmark.name}/{name}", place) != place:
                    raise ConfigError(f"benchmarks: {benchmark.name} has two files called {name}; name their folder")
    return dict(sorted(files.items()))


def read_items(benchmark: Benchmark) -> Iterator[tuple[str, list[str]]]:
    """`(item, texts)` of every row, one text per field. Raises ConfigError, naming file and row, for what cannot be
    read or is over a cap: an item that is passed over would be a leak that nobody looks for."""
    files = benchmark_files([benchmark])
    wanted = [*benchmark.fields, *([benchmark.id] if benchmark.id is not None else [])]
    for name, place in files.items():
        file = name.partition("/")[2]
        for number, row in enumerate(rows(place, wanted, benchmark.max_file_bytes, benchmark.max_document_bytes)):
            where = f"benchmarks: {benchmark.name}: {file}#{number}"
            item = str(number) if len(files) == 1 else f"{file}#{number}"
            if benchmark.id is not None:
                item = str(value_at(row, benchmark.id, where))
            texts = [text(value_at(row, field, where), field, where) for field in benchmark.fields]
            if (size := sum(len(one.encode()) for one in texts)) > benchmark.max_document_bytes:
                raise ConfigError(f"{where} has {size:,} bytes of text; raise `max_document_bytes` if that is sound")
            yield item, texts


def build_index(benchmarks: Sequence[Benchmark], size: int, least: int, most_texts: int, characters: bool) -> Index:
    """Read and index the benchmarks. Raises ConfigError where one holds nothing that can be searched for."""
    units: list[Unit] = []
    texts: list[str] = []
    items = [0] * len(benchmarks)
    for number, benchmark in enumerate(benchmarks):
        for item, fields in read_items(benchmark):
            items[number] += 1
            if items[number] > benchmark.max_items:
                raise ConfigError(
                    f"benchmarks: {benchmark.name}: more than {benchmark.max_items:,} items, by {item}; raise "
                    "`max_items` if that is sound"
                )
            units += [Unit(number, item, field) for field in range(len(fields))]
            texts += fields
    column = pa.array(texts, pa.large_string())
    forms = [masked_tokens(column, characters, joined) for joined in (False, True)]
    same = pa.concat_arrays([column, column]).dictionary_encode().indices.to_numpy().astype(np.int64)
    tokens = _behind(*forms)
    grams = ngram_index(tokens, size, least, same, most_texts)
    found = {(units[row % len(units)].benchmark, units[row % len(units)].item) for row in np.flatnonzero(grams.totals)}
    searched = [sum(benchmark == number for benchmark, _ in found) for number in range(len(benchmarks))]
    for benchmark, count in zip(benchmarks, searched, strict=True):
        if not count:
            raise ConfigError(
                f"benchmarks: {benchmark.name}: no item of {', '.join(benchmark.fields)} has {least} tokens of its "
                "own; name other fields, or lower `min_tokens`"
            )
    return Index(
        grams, units * 2, tokens, pa.concat_arrays([column, column]), items, searched, np.diff(tokens.offsets) < size
    )


def _behind(one: Tokens, two: Tokens) -> Tokens:
    """The rows of `one`, then those of `two`."""
    offsets = np.concatenate([one.offsets, two.offsets[1:] + one.offsets[-1]])
    starts, ends, masked, exact = (np.concatenate(pair) for pair in zip(one[:4], two[:4], strict=True))
    return Tokens(starts, ends, masked, exact, offsets)
