"""`dedup.spans`: text that repeats across documents is cut out of all but the first in survivor order.

Rule `repeated_paragraph`: a paragraph (what blank lines separate: see `text.paragraphs`) of enough words whose
collapsed text (`text.collapse`) is that of a paragraph of an earlier document. Rule `repeated_span`: a word
(`text.words`) in a run of `min_tokens` words that also stands in an earlier document, wherever its paragraphs
end. What repeats within one document only stays. Both rules look at the texts as they came in: a run of words
counts as seen where it first stood, even if that text is itself cut. Every cut is an Edit (`dedup.cutting`
says which bytes go); a text left without a word is dropped as `nothing_left` (score: the words left, 0; 1 is the
least), `also_failed` naming the rules that emptied it, most bytes first. Candidates share 64 bits of hash; 128 bits
decide.

Runs are found by winnowing (`text.winnowing`), so the work is linear however often a text repeats.

Memory: `key` emits 12 bytes per paragraph and per fingerprint, about 2 / (min_tokens / 2 + 2) a word (1 byte
per word at 50 tokens). `decide` holds 16 bytes for each of those that two documents share, 200 per document
that has one and 1 bit per word of these; 24 per paragraph and per run of words at such a place, on disk beyond
`spill_bytes`; 8 per stretch that goes. Text in memory is at most `reading.SPAN` documents, with 24 bytes a word
of `STEP` of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from curation_lib.core.config import locate
from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import Context, Group, Lookup, Result
from curation_lib.core.taken import Drop, Edit
from curation_lib.dedup.cutting import Cuts, cut, flags, without
from curation_lib.dedup.decisions import Mask, firsts, gathered, numbers, shared
from curation_lib.dedup.reading import read
from curation_lib.dedup.repeats import Repeats
from curation_lib.dedup.survivors import READS, SurvivorConfig, standing, survivor_order
from curation_lib.dedup.units import chosen, paragraph_units, rows_of, run_units
from curation_lib.text.buffers import Bytes, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import character_table
from curation_lib.text.paragraphs import paragraphs
from curation_lib.text.records import CHAT
from curation_lib.text.winnowing import fingerprints
from curation_lib.text.word_spans import Words, word_spans

ROWS = pa.schema([pa.field("row", pa.uint32()), pa.field("partition_key", pa.uint64())])
"""Key rows: a document's fingerprints and the upper halves of its paragraphs' hashes, each once."""
DECISION = pa.schema(
    [
        pa.field("shard", pa.uint32(), nullable=False),
        pa.field("row", pa.uint32(), nullable=False),
        pa.field("paragraphs", pa.large_list(pa.uint32()), nullable=False),
        pa.field("runs", pa.large_list(pa.uint32()), nullable=False),
    ]
)
"""A document with cuts: flattened pairs begin, end of the paragraphs, and of the first words of runs, that go."""
PARAGRAPH, SPAN = "repeated_paragraph", "repeated_span"
STEP = 512
"""Documents whose words are held at once while deciding."""


class SpansConfig(SurvivorConfig):
    """Settings of `dedup.spans`: who keeps a repeated text, and what counts as one.

    paragraphs: cut repeated paragraphs; min_paragraph_tokens: of at least so many words (FineWeb's trials with
    lines: 10). min_tokens: cut repeated runs of at least so many words, null for none (50: Lee et al. 2022).
    spill_bytes: candidates held in memory, for each of the two.
    """

    paragraphs: bool = True
    min_paragraph_tokens: int = Field(10, ge=1)
    min_tokens: int | None = Field(50, ge=2)
    spill_bytes: int = locate(2**29, ge=0)

    @model_validator(mode="after")
    def _looks_for_something(self) -> SpansConfig:
        if not self.paragraphs and self.min_tokens is None:
            raise ValueError("paragraphs: false with min_tokens: null cuts nothing; set one of them")
        return self

    def least_paragraph(self, words: Words) -> int:
        """Words of the shortest paragraph to compare; more than there are where none is."""
        return self.min_paragraph_tokens if self.paragraphs else len(words.starts) + 1

    def least_run(self, words: Words) -> int:
        """Words of a run; more than there are where none is compared."""
        return self.min_tokens or len(words.starts) + 1


def key(batch: pa.RecordBatch, config: SpansConfig, context: Context) -> pa.RecordBatch:
    """The distinct keys of each document, ascending, see ROWS; none of records, which nothing may be cut out of."""
    words = word_spans(batch.column("text"))
    parts = paragraph_units(batch.column("text"), words, config.least_paragraph(words))
    prints = fingerprints(words.high, words.offsets, config.least_run(words))
    row = np.concatenate([parts.document, rows_of(prints.offsets)])
    keys = np.concatenate([parts.high, prints.values])
    order = np.lexsort([keys, row])
    row, keys = row[order], keys[order]
    new = firsts(row, keys) & ~pc.equal(batch.column("format"), CHAT).to_numpy(zero_copy_only=False)[row]
    return pa.record_batch([pa.array(row[new].astype(np.uint32)), pa.array(keys[new])], schema=ROWS)


def partition(rows: pa.Table, config: SpansConfig) -> pa.Table:
    """The rows whose key another document has, too."""
    return rows.filter(pa.array(shared(firsts(numbers(rows, "partition_key")))))


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: SpansConfig) -> pa.Table:
    """Read the documents that share a key, once each, and compare what stands at such places."""
    rows = gathered(partials, ROWS)
    keys = np.unique(numbers(rows, "partition_key"))
    places = np.unique(numbers(rows, "shard").astype(np.int64) << 32 | numbers(rows, "row").astype(np.int64))
    shard, row = places >> 32, places & 0xFFFFFFFF
    who = [standing(pa.RecordBatch.from_pylist([], DOCUMENT), config)]
    with Repeats(config.spill_bytes) as parts, Repeats(config.spill_bytes) as runs:
        for batch in _batches(shard, row, lookup):
            who.append(standing(batch, config))
            _collect(batch, keys, config, parts, runs)
        documents = pa.concat_tables(who).append_column("shard", pa.array(shard)).append_column("row", pa.array(row))
        position = np.argsort(survivor_order(documents))
        found = [parts.runs(position), runs.runs(position)]
    decision = pa.table([pa.array(shard, pa.uint32()), pa.array(row, pa.uint32()), *found], schema=DECISION)
    return decision.filter(pc.or_(*(pc.greater(pc.list_value_length(column), 0) for column in found)))


def _batches(shard: Offsets, row: Offsets, lookup: Lookup) -> Iterator[pa.RecordBatch]:
    for _, batch in read(shard, row, lookup):
        for start in range(0, batch.num_rows, STEP):
            yield batch.slice(start, STEP)


def _collect(batch: pa.RecordBatch, keys: Hashes, config: SpansConfig, parts: Repeats, runs: Repeats) -> None:
    """Hand over the batch's paragraphs and runs that another document seems to have, too."""
    words = word_spans(batch.column("text"))
    found = paragraph_units(batch.column("text"), words, config.least_paragraph(words))
    parts.add(*chosen(found, _among(keys, found.high)))
    size = config.least_run(words)
    prints = fingerprints(words.high, words.offsets, size)
    runs.add(*run_units(words, prints, _among(keys, prints.values), size))


def _among(keys: Hashes, hashes: Hashes) -> Mask:
    """Which of `hashes` stand in the sorted `keys`, which are not empty."""
    found: Mask = keys[np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)] == hashes
    return found


def apply(batch: pa.RecordBatch, decision: pa.Table, config: SpansConfig, context: Context) -> Result:
    """Cut the decision's paragraphs and runs out of `batch`. Edits of a row are disjoint and in text order; a
    dropped row has none."""
    if not decision.num_rows:
        return Result(batch)
    rows = decision.column("row").combine_chunks()
    texts = batch.column("text").take(rows)
    cuts = _cuts(texts, decision, config)
    emptied = np.zeros(batch.num_rows, np.bool_)
    emptied[rows.to_numpy()[cuts.left == 0]] = True
    edits = _edits(cuts, rows.to_numpy())
    kept = _with_texts(batch, rows.to_numpy(), *without(*arrow_buffers(texts), cuts)).filter(pa.array(~emptied))
    stay = [edit for edit in edits if not emptied[edit.row]]
    return Result(kept, _drops(np.flatnonzero(emptied).tolist(), edits), stay)


def _cuts(texts: pa.Array, decision: pa.Table, config: SpansConfig) -> Cuts:
    words, found = word_spans(texts), paragraphs(texts)
    named = _flags(decision.column("paragraphs"), found.offsets, 0)
    gone = _flags(decision.column("runs"), words.offsets, config.least_run(words) - 1)
    table = character_table()
    cuts: Cuts = cut(*arrow_buffers(texts), words.starts, words.offsets, gone, found, named, table)
    return cuts


def _flags(column: pa.ChunkedArray, items: Offsets, extra: int) -> Mask:
    runs = column.combine_chunks()
    offsets = np.concatenate([[0], np.cumsum(runs.value_lengths().to_numpy())]).astype(np.int64)
    marked: Mask = flags(runs.flatten().to_numpy(), offsets, items, extra)
    return marked


def _edits(cuts: Cuts, rows: npt.NDArray[np.uint32]) -> list[Edit]:
    columns = (rows[cuts.rows].tolist(), cuts.whole.tolist(), cuts.starts.tolist(), cuts.stops.tolist())
    return [Edit(row, PARAGRAPH if whole else SPAN, a, b) for row, whole, a, b in zip(*columns, strict=True)]


def _with_texts(batch: pa.RecordBatch, rows: npt.NDArray[np.uint32], data: Bytes, offsets: Offsets) -> pa.RecordBatch:
    """`batch` with other texts in `rows`."""
    texts = pa.LargeStringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(data))
    source = np.arange(batch.num_rows)
    source[rows] = batch.num_rows + np.arange(len(rows))
    at = batch.schema.get_field_index("text")
    column = pa.concat_arrays([batch.column(at), texts]).take(pa.array(source))
    return batch.set_column(at, batch.schema.field(at), column)


def _drops(rows: list[int], edits: list[Edit]) -> list[Drop]:
    """The emptied rows, each with the rules that emptied it, by bytes removed."""
    removed: dict[int, Counter[str]] = {row: Counter() for row in rows}
    for edit in edits:
        if edit.row in removed:
            removed[edit.row][edit.rule] += edit.end - edit.start
    return [Drop(row, "nothing_left", 0.0, 1.0, tuple(r for r, _ in removed[row].most_common())) for row in rows]


STAGE = Group(
    name="dedup.spans",
    version=4,
    config=SpansConfig,
    summary="Cuts paragraphs and runs of words that another document has, too",
    libraries=("xxhash",),
    key=key,
    partition=partition,
    decide=decide,
    apply=apply,
    reads=READS,
)
