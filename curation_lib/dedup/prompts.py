"""`dedup.prompts`: of the records with one prompt (see `text.prompts`) the first in survivor order stays.

Rule `same_prompt`, score and threshold 1, for the prompts are equal up to case, white space and punctuation: answers
are not compared (their similarity among the ledger's edges is null), so of several answers to one prompt one stays.
The prompt is everything before the last answer, a preference pair's what both answers follow. Documents that carry no
record (`text.records`) are never dropped.

Memory: `key` emits about 150 bytes per record, `partition` holds those of its partition, `decide` about 110 bytes
per dropped record. No text is read again. 128 bits of xxh3 stand for a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.removals import DECISION, apply_removals
from curation_lib.core.stage import OWN, Context, Group, Lookup
from curation_lib.dedup.decisions import decision, firsts, heads, numbers
from curation_lib.dedup.released import ReleasedConfig, released
from curation_lib.dedup.survivors import FACTS, READS, facts, ranks, survivor_order
from curation_lib.text.hashing import priority
from curation_lib.text.prompts import prompt_hash
from curation_lib.text.records import prompts, records_of

ROWS = pa.schema(
    [
        pa.field("row", pa.uint32()),
        pa.field("partition_key", pa.uint64()),
        pa.field("prompt", pa.large_string()),
        *FACTS,
    ]
)
"""Key rows: one per record, keyed by xxh3-64 of its prompt's hash."""


class PromptsConfig(ReleasedConfig):
    """Settings of `dedup.prompts`: who stays, and the releases to compare with."""


def key(batch: pa.RecordBatch, config: PromptsConfig, context: Context) -> pa.RecordBatch:
    """One row per document that carries a record, see ROWS."""
    asked = prompts(records_of(batch))
    some = pc.indices_nonzero(asked.is_valid())
    hashes = pa.array([prompt_hash(one) for one in asked.take(some).to_pylist()], pa.large_string())
    columns = [some.cast(pa.uint32()), pa.array(priority(hashes, 0)), hashes, *facts(batch.take(some))]
    return pa.record_batch(columns, schema=ROWS)


def partition(rows: pa.Table, config: PromptsConfig) -> pa.Table:
    """The decision on the records of this partition: those of one prompt all lie in it."""
    ranked = rows.append_column("rank", pa.array(ranks(rows, config)))
    rows = rows.take(pa.array(survivor_order(ranked, "partition_key", "prompt")))
    begins = firsts(numbers(rows, "partition_key"), numbers(rows, "prompt"))
    gone = ~begins & (numbers(rows, "release") == OWN)
    twin = rows.column("doc_id").take(pa.array(heads(begins)[gone]))
    equal = {"score": 1.0, "threshold": 1.0, "texts_compared": False}
    return decision(rows.filter(pa.array(gone)), rule="same_prompt", kept_twin=twin, **equal)


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: PromptsConfig) -> pa.Table:
    """All partitions' decisions."""
    return pa.concat_tables([DECISION.empty_table(), *partials]).sort_by([("shard", "ascending"), ("row", "ascending")])


STAGE = Group(
    name="dedup.prompts",
    version=1,
    config=PromptsConfig,
    summary="Drops records whose prompt is that of a kept one",
    libraries=("xxhash", "orjson"),
    key=key,
    partition=partition,
    decide=decide,
    apply=apply_removals,
    reads=(*READS, "metadata"),
    released=released,
)
