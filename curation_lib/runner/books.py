"""The books of one shard: every dropped row, edit and unreadable input, and the counts that must add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from curation_lib.core.contract import DROPS, EDGES, EDITS, QUARANTINE
from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Bad, Result, Unread
from curation_lib.core.taken import Drop, Edit, columns_of
from curation_lib.text.buffers import arrow_buffers

Counts = dict[str, Any]
_IDENTITY = ("doc_id", "source", "source_id", "url")


@dataclass
class Books:
    """What happened to a shard's rows. `counts()` is what its manifest entry holds."""

    source: str = ""
    rows_in: int = 0
    bytes_in: int = 0
    skipped: int = 0
    created: int = 0
    kept: int = 0
    bytes_kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    drops: list[pa.RecordBatch] = field(default_factory=list)
    edits: list[pa.RecordBatch] = field(default_factory=list)
    edges: list[pa.RecordBatch] = field(default_factory=list)
    quarantine: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """By the stage that rejected the row, "" for a source."""

    def apply(self, stage: str, batch: pa.RecordBatch, result: Result) -> None:
        """Book what `stage` made of `batch`; ContractError where rows in and out do not agree."""
        out = result.kept.num_rows + len(result.drops) + len(result.bad)
        if batch.num_rows + result.created != out:
            raise ContractError(
                f"{stage}: {batch.num_rows} rows in and {result.created} created, but {result.kept.num_rows} kept, "
                f"{len(result.drops)} dropped and {len(result.bad)} quarantined; mend the stage"
            )
        self.created += result.created
        self.tally.update({f"{stage}.{name}": n for name, n in result.tally.items()})
        self.drop(stage, batch, result.drops)
        self.edit(stage, batch, result.edits)
        self._link(stage, batch, result.links)
        self._reject(stage, batch, result.bad)

    def unread(self, regions: Sequence[Unread]) -> None:
        """Book regions of a source that could not be read; each counts as one row in."""
        for region in regions:
            self._quarantine("", region.locator, region.error, region.head)
        self.rows_in += len(regions)

    def keep(self, batch: pa.RecordBatch) -> None:
        """Book documents written."""
        self.kept += batch.num_rows
        self.bytes_kept += text_bytes(batch)

    def declare(self, rules: Sequence[str]) -> None:
        """Name rules that may fire, so that one that never did stands in the counts as 0."""
        for rule in rules:
            self.dropped[rule] += 0

    def counts(self) -> Counts:
        """Counts by reason. Law 1 is checked here: ContractError where it does not hold."""
        dropped, quarantined = sum(self.dropped.values()), sum(self.quarantined.values())
        if self.rows_in + self.created != self.kept + dropped + quarantined + self.skipped:
            raise ContractError(
                f"rows in {self.rows_in} + created {self.created} != kept {self.kept} + dropped {dropped} "
                f"+ quarantined {quarantined} + skipped {self.skipped}; a stage lost rows"
            )
        return {
            "rows_in": self.rows_in,
            "skipped": self.skipped,
            "created": self.created,
            "kept": self.kept,
            "dropped": dict(sorted(self.dropped.items())),
            "quarantined": dict(sorted(self.quarantined.items())),
            "edited": sum(batch.num_rows for batch in self.edits),
            "bytes_in": self.bytes_in,
            "bytes_kept": self.bytes_kept,
            **({"tally": dict(sorted(self.tally.items()))} if self.tally else {}),
        }

    def ledgers(self) -> list[tuple[str, Sequence[pa.RecordBatch], pa.Schema]]:
        """(kind, batches, schema) of each book. Rows stand by stage, those of one stage in the order of the documents,
        so that no book shows where one batch ended and the next began."""
        rejected = [row for _, row in sorted(self.quarantine, key=lambda one: one[0])]
        return [
            ("drops", _by_stage(self.drops), DROPS),
            ("edits", _by_stage(self.edits), EDITS),
            ("edges", _by_stage(self.edges), EDGES),
            ("quarantine", _batches(rejected, QUARANTINE), QUARANTINE),
        ]

    def drop(self, stage: str, batch: pa.RecordBatch, drops: Sequence[Drop]) -> None:
        """Book rows of `batch` that `stage` drops."""
        if not drops:
            return
        rows = columns_of(Drop, drops)
        _require_numbers(stage, batch, rows)
        for one in pc.value_counts(rows.column("rule")).to_pylist():
            self.dropped[f"{stage}.{one['values']}"] += one["counts"]
        who = batch.select(list(_IDENTITY)).take(rows.column("row"))
        self.drops.append(_booked(DROPS, stage, who, rows))

    def edit(self, stage: str, batch: pa.RecordBatch, edits: Sequence[Edit]) -> None:
        """Book what `stage` cut out of rows of `batch`."""
        if not edits:
            return
        data, offsets = arrow_buffers(batch.column("text"))
        rows = columns_of(Edit, edits)
        who = batch.select(["doc_id", "source_id"]).take(rows.column("row"))
        text, base = memoryview(data.data), offsets[rows.column("row").to_numpy()]
        spans = zip(*((base + rows.column(end).to_numpy()).tolist() for end in ("start", "end")), strict=True)
        hashes = pa.array([xxhash.xxh3_128_hexdigest(text[start:end]) for start, end in spans], pa.string())
        self.edits.append(_booked(EDITS, stage, who, rows, text_hash=hashes))

    def _link(self, stage: str, batch: pa.RecordBatch, links: pa.RecordBatch | None) -> None:
        if links:
            who = batch.select(["doc_id", "source_id"]).take(links.column("row"))
            self.edges.append(_booked(EDGES, stage, who, links))

    def _reject(self, stage: str, batch: pa.RecordBatch, bad: Sequence[Bad]) -> None:
        column = "raw" if "raw" in batch.schema.names else "text"
        for one, who in zip(bad, _identities(batch, [b.row for b in bad]), strict=True):
            value = batch.column(column)[one.row].as_py()
            head = value if isinstance(value, bytes) else value.encode()
            self._quarantine(stage, who["source_id"], f"{stage}: {one.error}", head, who["source"])

    def _quarantine(self, stage: str, locator: str, error: str, head: bytes, source: str | None = None) -> None:
        self.quarantined[_kind(error)] += 1
        row = {"source": source or self.source, "locator": locator, "error": error, "bytes_head": head[:64]}
        self.quarantine.append((stage, row))


def _require_numbers(stage: str, batch: pa.RecordBatch, drops: pa.RecordBatch) -> None:
    """A ledger row that does not say by what numbers a document went explains nothing."""
    for name in ("score", "threshold"):
        numbers = drops.column(name)
        bad = pc.or_kleene(pc.is_null(numbers), pc.is_nan(numbers)).index(pa.scalar(True)).as_py()
        if bad >= 0:
            rule, value = drops.column("rule")[bad], numbers[bad]
            who = batch.column("source_id")[drops.column("row")[bad].as_py()]
            raise ContractError(f"{stage}.{rule}: {name} {value} for dropped document {who}; mend the stage")


def text_bytes(batch: pa.RecordBatch) -> int:
    """UTF-8 bytes of the batch's texts (raw bytes of captures)."""
    column = batch.column("raw" if "raw" in batch.schema.names else "text")
    return int(pc.sum(pc.binary_length(column)).as_py() or 0)


def _by_stage(batches: Sequence[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Batches of one stage each, by its name, as they came."""
    return sorted(batches, key=lambda batch: str(batch.column("stage")[0]))


def _batches(rows: Sequence[dict[str, Any]], schema: pa.Schema, size: int = 4096) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pylist(rows[at : at + size], schema) for at in range(0, len(rows), size)]


def _booked(
    schema: pa.Schema, stage: str, who: pa.RecordBatch, said: pa.RecordBatch, **more: pa.Array[Any]
) -> pa.RecordBatch:
    """Rows of a book: whose they are, the stage, and what it said of them, by name."""
    found = (
        {n: b.column(n) for b in (who, said) for n in b.schema.names} | {"stage": pa.repeat(stage, len(said))} | more
    )
    return pa.RecordBatch.from_arrays([found[name] for name in schema.names], schema=schema)


def _identities(batch: pa.RecordBatch, rows: Sequence[int]) -> list[dict[str, Any]]:
    return batch.select(list(_IDENTITY)).take(pa.array(rows, pa.int64())).to_pylist() if rows else []


def _kind(error: str) -> str:
    """The reason without its numbers, so that equal causes are counted together."""
    words = error.split(";")[0].split(":")
    text = ":".join(words[:2]) if len(words) > 1 and "." in words[0] else words[0]
    return " ".join(w for w in text.split() if not any(c.isdigit() for c in w))[:80]
