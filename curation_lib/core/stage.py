"""A stage is a value: a name, a version, typed settings, two contracts and pure functions over Arrow batches.

Five shapes: Source, Map, Filter, Group, Order. None of their functions touches the world; the runner does.
Row numbers in results count from 0 within the batch that the function was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from curation_lib.core.config import StageConfig
from curation_lib.core.contract import CAPTURE, DOCUMENT
from curation_lib.core.taken import Drop, Edit


class Memory(Protocol):
    """Answers from outside that must not be asked for twice; they outlive a killed build. Safe to use from threads."""

    def get(self, key: str) -> bytes | None:
        """What was remembered under `key`, None where nothing was."""

    def put(self, key: str, value: bytes) -> bytes:
        """Remember `value`; returns what then stands there: another's, where another was first."""


def unheard(tally: Mapping[str, int]) -> None:
    """Tells nobody."""


class Run(NamedTuple):
    """What a Map that asks a service outside has to know of the run it is part of. None of it may shape the output,
    but for what a stage's README exempts.

    workers: processes that work on this step at once; limits that hold for all of them are divided by it.
    began: when this run of the step began, in seconds since 1970; 0 where nobody knows.
    report: tells the task's log how many more of what are done (see `Result.tally`), from the calling thread.
    """

    workers: int = 1
    began: float = 0.0
    report: Callable[[Mapping[str, int]], None] = unheard


class Context(NamedTuple):
    """What the runner hands to a stage's function beside batch and settings.

    model: what the stage's `load` returned, once per worker.
    statistics: what the filter's shared measurement returned for this batch (see Filter).
    state: what `merge` returned for the whole dataset; of a Map, what `ahead` found for the part.
    memory: where a Map keeps answers from outside; None where there is no such place.
    """

    model: Any = None
    statistics: Any = None
    state: Any = None
    memory: Memory | None = None
    run: Run = Run()


class Bad(NamedTuple):
    """One row that cannot be read; it goes to quarantine."""

    row: int
    error: str


LINKS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("twin", pa.string(), nullable=False),
        pa.field("similarity", pa.float64()),
    ]
)
"""Row `row` is like the kept document `twin`; null where the rule measures no similarity."""


@dataclass(frozen=True)
class Result:
    """What became of a batch. rows in + created = kept rows + dropped + quarantined; the runner checks it.

    links: LINKS rows of dropped documents, for the report of clusters.
    tally: whatever else the stage counts, by name; summed up in the manifest's counts.
    """

    kept: pa.RecordBatch
    drops: Sequence[Drop] = ()
    edits: Sequence[Edit] = ()
    bad: Sequence[Bad] = ()
    created: int = 0
    links: pa.RecordBatch | None = None
    tally: Mapping[str, int] = field(default_factory=dict)


CUTS = pa.list_(
    pa.struct([pa.field("start", pa.int64()), pa.field("stop", pa.int64()), pa.field("evidence", pa.string())])
)
"""Per document: bytes [start, stop) of its text that go, in order, and why."""


@dataclass(frozen=True)
class Rule:
    """One rule's answer for a batch: `failed` (bool array), the score judged, the threshold applied.

    evidence: strings, what was found in documents that failed. cuts: CUTS, what goes from documents that stay.
    A null in `failed` stops the build; `unjudged` then says why there is none and what to change.
    """

    name: str
    failed: pa.BooleanArray
    score: pa.Array
    threshold: float
    evidence: pa.Array | None = None
    cuts: pa.Array | None = None
    unjudged: str = ""


@dataclass(frozen=True)
class Shard:
    """One input file of a source. `name` is relative to what the recipe named; `sha256` pins its bytes."""

    url: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Unread:
    """A region of a shard that could not be read: `skipped` records are not responses and only counted."""

    locator: str
    error: str
    head: bytes = b""


@dataclass(frozen=True)
class Read:
    """One step of reading a shard: captures, how many records were passed over, what was unreadable."""

    captures: pa.RecordBatch | None = None
    skipped: int = 0
    unread: Sequence[Unread] = ()


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What every shape has. `libraries` are distributions whose version shapes the output, as do those that
    `libraries_of(config)` names;
    `load(config)` makes the model and `model_files(config)` names the files whose hashes identify it: paths, or
    paths by name where the names shape the output, too."""

    name: str
    version: int
    config: type[StageConfig]
    summary: str
    consumes: pa.Schema = field(default=DOCUMENT, repr=False)
    produces: pa.Schema = field(default=DOCUMENT, repr=False)
    libraries: tuple[str, ...] = ()
    libraries_of: Callable[[Any], Sequence[str]] | None = None
    load: Callable[[Any], Any] | None = None
    model_files: Callable[[Any], Sequence[str] | Mapping[str, str]] | None = None


@dataclass(frozen=True, kw_only=True)
class Source(Stage):
    """`shards(config)` lists input files in a fixed order; `read(shard, config)` streams captures."""

    shards: Callable[[Any], Sequence[Shard]]
    read: Callable[[Shard, Any], Iterator[Read]]
    produces: pa.Schema = field(default=CAPTURE, repr=False)


@dataclass(frozen=True, kw_only=True)
class Map(Stage):
    """`fn(batch, config, context) -> Result`.

    `ahead(parts, config, context) -> found`, one JSON-ready answer per part, sees the documents of many parts (their
    columns `ahead_reads`) before `fn` sees any: what has to be asked outside is then asked at once, however thinly it
    is spread. `fn` gets its part's answer as `context.state`, None where nothing was asked ahead: it then asks itself.
    """

    fn: Callable[[pa.RecordBatch, Any, Context], Result]
    ahead: Callable[[Iterable[Iterable[pa.RecordBatch]], Any, Context], Sequence[Any]] | None = None
    ahead_reads: tuple[str, ...] = ()


class Measurement(NamedTuple):
    """A pass over a batch that filters share, `function(batch, part=True, …)`, with the `parts` that one of them asks
    for beyond what the pass counts anyway."""

    function: Callable[..., Any]
    parts: frozenset[str] = frozenset()

    def __call__(self, batch: pa.RecordBatch) -> Any:
        return self.function(batch, **dict.fromkeys(self.parts, True))


@dataclass(frozen=True, kw_only=True)
class Filter(Stage):
    """`measure(batch, config, context)` gives one row of scores per document (only `measure` fields matter);
    `keep(scores, config, context)` gives its rules in declared order: a document stays if none failed.

    `statistics(config)` names a shared measurement of batches in text/ (see `measured_together`).

    A rule may also cut documents that it lets stay; the runner edits them at the end of the block. `facts(model)` is
    what the dataset's manifest says of the model.

    A filter that has to know the whole dataset reads all its scores first: `summarise(scores, config, state) ->
    partial` of each batch, then `merge(partials, config, state) -> state`, exact, JSON-ready and the same in any
    order; the state reaches keep. Where one pass would have to hold too much, `settled(state)` says when the state is
    final: until then the scores are read again with the state so far (None at first).

    `annotate(scores, config, context)` gives strings by the keys `annotates`, for the `metadata` of what stays.
    """

    measure: Callable[[pa.RecordBatch, Any, Context], pa.RecordBatch]
    keep: Callable[[pa.RecordBatch, Any, Context], Sequence[Rule]]
    statistics: Callable[[Any], Measurement] | None = None
    facts: Callable[[Any], Any] | None = None
    summarise: Callable[[pa.RecordBatch, Any, Any], Any] | None = None
    merge: Callable[[Iterable[Any], Any, Any], Any] | None = None
    settled: Callable[[Any], bool] | None = None
    annotate: Callable[[pa.RecordBatch, Any, Context], Mapping[str, pa.Array]] | None = None
    annotates: tuple[str, ...] = ()


Bound = tuple[Stage, StageConfig]
"""A stage with its settings."""


def measured_together(filters: Sequence[Bound], batch: pa.RecordBatch) -> list[Any]:
    """The statistics of each filter, None where it needs none: every function that they share passes over the batch
    once, with all the parts that any of them asks for."""
    asked = [stage.statistics(c) if isinstance(stage, Filter) and stage.statistics else None for stage, c in filters]
    parts: dict[Callable[..., Any], frozenset[str]] = {}
    for one in filter(None, asked):
        parts[one.function] = parts.get(one.function, frozenset()) | one.parts
    found = {function: Measurement(function, wanted)(batch) for function, wanted in parts.items()}
    return [one and found[one.function] for one in asked]


Lookup = Callable[[int, Sequence[int]], pa.RecordBatch]
"""Lookup(shard, rows) -> those input documents, in the order asked (reads one shard at a time)."""


@dataclass(frozen=True, kw_only=True)
class Group(Stage):
    """A decision that needs documents side by side.

    key(batch, config, context) -> rows with `row` (uint32, in the batch), `partition_key` (uint64) and whatever
        else decides; any number of rows per document. Partition = partition_key mod a fixed number.
    partition(rows, config) -> a table from all rows of one partition, which now also carry `shard` (uint32),
        `row` within the shard and `release` (uint16); sorted by (partition_key, shard, row).
    decide(partials, lookup, config) -> one row per affected document: `shard`, `row`, and what `apply` reads.
        `partials` are the partitions' tables in partition order. The answer must not depend on shard order
        beyond ties.
    facts(partials, config) -> what the dataset's manifest says of the decision, JSON-ready.
    apply(batch, decision, config, context) -> Result; `decision` holds this batch's rows only, `row` within the batch.
    rules(config) -> rules that may drop documents and stand in the counts, as 0, where they dropped none.

    reads: columns of a document that key and lookup are given, no more need be read; all where empty.
    released(config) -> URLs of finished datasets whose documents are keyed, judged and looked up beside the
        input's, in shards behind the input's; `release` is their dataset's place in the list, OWN for the input.
        No decision may name them. A stage that has it removes by `apply_removals`, so that the key rows of what it
        keeps can lie beside its dataset. Settings marked `keep` must not shape key rows.
    """

    key: Callable[[pa.RecordBatch, Any, Context], pa.RecordBatch]
    partition: Callable[[pa.Table, Any], pa.Table]
    decide: Callable[[Sequence[pa.Table], Lookup, Any], pa.Table]
    apply: Callable[[pa.RecordBatch, pa.Table, Any, Context], Result]
    facts: Callable[[Sequence[pa.Table], Any], Any] | None = None
    rules: Callable[[Any], Sequence[str]] | None = None
    reads: tuple[str, ...] = ()
    released: Callable[[Any], Sequence[str]] | None = None

    @property
    def given(self) -> pa.Schema:
        """What key and lookup are given of a document."""
        return pa.schema([self.consumes.field(name) for name in self.reads or self.consumes.names])


@dataclass(frozen=True, kw_only=True)
class Order(Stage):
    """Puts the documents of a whole dataset in another order; none comes, goes or changes.

    place(batch, copies, config) -> uint64[rows], evenly spread over [0, 2^64); `copies` (uint32[rows]) counts the rows
        of the same document directly before it, also across batches. Rows come out by (place, doc_id, copy).
    part_bytes(config): about how many bytes of text a part of the output holds; a worker holds one part at a time.
    """

    place: Callable[[pa.RecordBatch, Any, Any], pa.Array]
    part_bytes: Callable[[Any], int]


OWN = 2**16 - 1
"""`release` of a document of the step's own input; released ones come before it in any order of survival."""
