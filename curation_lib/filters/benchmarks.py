"""Benchmarks as models: where their files lie, their items, and the index of what may leak.

Every field of an item is searched by itself, in two forms: as `text.words` splits it, and with signs inside words
stripped (`hip-hop` as `hiphop`), since copies come in both. An n-gram of more than `max_texts` different fields tells
nothing about any item (instructions, answer templates) and is left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import fsspec
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, field_validator

from curation_lib.core.config import StageConfig, locate
from curation_lib.core.errors import ConfigError
from curation_lib.text.masked_words import Tokens, masked_tokens
from curation_lib.text.overlap import Grams, ngram_index

_WILD = re.compile(r"[*?\[]")
_LINES = (".jsonl", ".json", ".ndjson")
_PACKED = ("", ".gz", ".zst", ".zstd")
SUFFIXES = (*(f"{line}{packed}" for line in _LINES for packed in _PACKED), ".parquet", ".pq")


class Benchmark(StageConfig):
    """One benchmark. paths: files, folders, globs or URLs of JSON lines (also .gz, .zst) or Parquet. fields: those
    that are searched, strings or lists of strings. id: the field that names an item; without it items are called by
    their row, `file#row` where there are several files."""

    name: str = Field(pattern=r"^\S+$")
    paths: tuple[str, ...] = locate(min_length=1)
    fields: tuple[str, ...] = Field(min_length=1)
    id: str | None = None

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
            for name, place in _listed(path, f"benchmarks: {benchmark.name}").items():
                if files.setdefault(f"{benchmark.name}/{name}", place) != place:
                    raise ConfigError(f"benchmarks: {benchmark.name} has two files called {name}; name their folder")
    return dict(sorted(files.items()))


def _listed(path: str, where: str) -> dict[str, str]:
    """Place of every file at `path` by its name below it, in order."""
    try:
        fs, root = fsspec.core.url_to_fs(path, **({"use_listings_cache": False} if path.startswith("s3") else {}))
        wild = "http" not in fs.protocol and _WILD.search(root)
        folder = "http" not in fs.protocol and not wild and fs.isdir(root)
        found = fs.glob(root) if wild else fs.find(root) if folder else [root] if fs.exists(root) else []
    except (OSError, ImportError, ValueError) as e:
        raise ConfigError(f"{where}: cannot read {path}: {e}; correct the path or the credentials") from e
    kept = sorted(file for file in found if file.lower().endswith(SUFFIXES))
    if not kept:
        raise ConfigError(f"{where}: nothing at {path} ends in {', '.join(SUFFIXES)}; correct the path")
    base = root if folder else root[: root.rfind("/", 0, wild.start() if wild else len(root))]
    return {file[len(base) :].lstrip("/"): str(fs.unstrip_protocol(file)) for file in kept}


def read_items(benchmark: Benchmark) -> Iterator[tuple[str, list[str]]]:
    """`(item, texts)` of every row, one text per field. Raises ConfigError, naming file and row, for what cannot be
    read: an item that is passed over would be a leak that nobody looks for."""
    files = benchmark_files([benchmark])
    for name, place in files.items():
        file = name.partition("/")[2]
        for number, row in enumerate(_rows(place)):
            where = f"benchmarks: {benchmark.name}: {file}#{number}"
            item = str(number) if len(files) == 1 else f"{file}#{number}"
            if benchmark.id is not None:
                item = str(_value(row, benchmark.id, where))
            yield item, [_text(_value(row, field, where), field, where) for field in benchmark.fields]


def _rows(place: str) -> Iterator[Any]:
    try:
        with fsspec.open(place, "rb", compression="infer") as file:
            if place.lower().endswith((".parquet", ".pq")):
                for batch in pq.ParquetFile(file).iter_batches():
                    yield from batch.to_pylist()
            else:
                yield from (orjson.loads(line) for line in file.read().splitlines() if line.strip())
    except (OSError, EOFError, ValueError, pa.ArrowException) as e:
        raise ConfigError(f"benchmarks: cannot read {place}: {e}; give whole JSON lines or Parquet") from e


def _value(row: Any, field: str, where: str) -> Any:
    if not isinstance(row, dict) or field not in row:
        known = ", ".join(map(str, row)) if isinstance(row, dict) else f"none, it is a {type(row).__name__}"
        raise ConfigError(f"{where} has no field {field!r}; fields are {known}")
    return row[field]


def _text(value: Any, field: str, where: str) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    if value is None or isinstance(value, str | int | float):
        return "" if value is None else str(value)
    raise ConfigError(f"{where}: field {field!r} is a {type(value).__name__}, not a text or a list of texts")


def build_index(benchmarks: Sequence[Benchmark], size: int, least: int, most_texts: int, characters: bool) -> Index:
    """Read and index the benchmarks. Raises ConfigError where one holds nothing that can be searched for."""
    units: list[Unit] = []
    texts: list[str] = []
    items = [0] * len(benchmarks)
    for number, benchmark in enumerate(benchmarks):
        for item, fields in read_items(benchmark):
            items[number] += 1
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
