"""`mix.sample`: takes one phase's mix out of a corpus by a rule, weights, a token budget and an epoch cap.

Documents of one bucket (`mix/buckets.py`) are visited in order of priority(doc_id, seed and phase), so which ones are
taken depends on the documents alone, never on shards or their order. A document taken twice stands twice, one copy
after the other.

Memory: `partition` holds about 150 bytes per document of its partition (82 to read, 28 to answer), `decide`
about 130 bytes per document of the corpus (28 to read, 43 to answer, 59 in passing).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from curation_lib.core.stage import Context, Group, Lookup, Result
from curation_lib.core.taken import Drop
from curation_lib.mix.allotted import Allotted, allotted
from curation_lib.mix.buckets import Bucket, bucket_keys, buckets, kinds, numbers
from curation_lib.mix.entries import grouped, require_matched
from curation_lib.mix.epochs import Share
from curation_lib.mix.loading import load, model_files
from curation_lib.mix.phases import refused, rules
from curation_lib.mix.planned import Facts, planned
from curation_lib.mix.repeated_prompts import carried, prompt_column, without_repeats
from curation_lib.mix.settings import SampleConfig
from curation_lib.text.chat_template import counted
from curation_lib.text.hashing import priority
from curation_lib.text.rendered_files import libraries_of

DECISION = pa.schema(
    [
        pa.field("shard", pa.uint32(), nullable=False),
        pa.field("row", pa.uint32(), nullable=False),
        pa.field("copies", pa.uint32(), nullable=False),
        pa.field("rule", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("kept_twin", pa.string()),
    ]
)
"""One row per document that does not simply stay once: how often it stays, or by which rule it goes."""


def key(batch: pa.RecordBatch, config: SampleConfig, context: Context) -> pa.RecordBatch:
    """One row per document, with its tokens by the loaded tokenizer; the partition key is the bucket's, so a bucket
    lies in one partition."""
    kind = kinds(batch, config.metadata_keys())
    tokens = counted(batch, context.model.tokenizer, context.model.template)
    return pa.RecordBatch.from_pydict(
        {
            "row": pa.array(np.arange(batch.num_rows, dtype=np.uint32)),
            "partition_key": bucket_keys(kind),
            "tokens": pa.array(tokens.astype(np.uint32)),
            "priority": pa.array(priority(batch.column("doc_id"), phase_seed(config)), pa.uint64()),
            "doc_id": batch.column("doc_id"),
            "kind": kind,
            **prompt_column(batch, config),
        }
    )


def phase_seed(config: SampleConfig) -> int:
    """The seed of a phase's priorities: phases with one seed still draw apart from each other."""
    return xxhash.xxh3_64_intdigest(config.phase.encode(), seed=config.seed)


def partition(rows: pa.Table, config: SampleConfig) -> pa.Table:
    """`rows` bucket by bucket in order of priority; equal priorities (never seen) go by doc_id."""
    names = ["kind", "priority", "doc_id", "shard", "row"]
    order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in names])
    rows = rows.select(["shard", "row", "tokens", "priority", "kind", *carried(rows)]).take(order).combine_chunks()
    return rows.set_column(4, "kind", rows.column("kind").dictionary_encode())


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: SampleConfig) -> pa.Table:
    """How often each document stays (DECISION, sorted by shard and row); `lookup` is not used."""
    answers = [
        _answer(partials[bucket.partition], bucket, share, weight)
        for bucket, share, weight in _allotted(partials, config).buckets()
    ]
    decision = without_repeats(pa.concat_tables([DECISION.empty_table(), *answers]), partials)
    return decision.sort_by([("shard", "ascending"), ("row", "ascending")]).combine_chunks()


def facts(partials: Sequence[pa.Table], config: SampleConfig) -> Facts:
    """What the mix comes to (`planned`), as the manifest of its dataset says it."""
    return planned(_allotted(partials, config), config.limits())


def _allotted(partials: Sequence[pa.Table], config: SampleConfig) -> Allotted:
    found = sorted(bucket for number, table in enumerate(partials) for bucket in buckets(table, number))
    sorting = config.sorting()
    entries = grouped(found, config.weights, config.rest_weight(), config.by, sorting.keys)
    if config.weights_from:
        require_matched(entries, config.weights, config.weights_from)
    running = {one: np.cumsum(numbers(partials[one.partition], "tokens", one), dtype=np.int64) for one in found}
    return allotted(entries, running, config.limits(), sorting)


def _answer(table: pa.Table, bucket: Bucket, share: Share, weight: float) -> pa.Table:
    """Decision rows of one bucket, without the documents that stay once.

    The score of a document that is not sampled is its draw, priority / 2^64; the threshold is the draw from
    which on its bucket was no longer taken. That of an excluded one is its entry's weight, 0; the threshold is 0.
    """
    copies = np.full(bucket.stop - bucket.start, share.whole, np.uint32)
    copies[: share.taken] += 1
    changed = np.flatnonzero(copies != 1)
    copies = copies[changed]
    out = copies == 0
    draws = numbers(table, "priority", bucket)[changed] / 2.0**64
    sampled = bool(weight)
    scores = pa.array(draws if sampled else np.zeros(len(out)), mask=~out)
    limit = draws[out][0] if out.any() and sampled else 0.0
    rule = pa.scalar("not_sampled" if sampled else "weight_zero")
    columns = {
        "shard": numbers(table, "shard", bucket)[changed],
        "row": numbers(table, "row", bucket)[changed],
        "copies": copies,
        "rule": pc.if_else(pa.array(out), rule, None),
        "score": scores,
        "threshold": pc.if_else(pa.array(out), pa.scalar(limit, pa.float64()), None),
        "kept_twin": pa.nulls(len(out), pa.string()),
    }
    return pa.table({name: pa.array(column) for name, column in columns.items()}, schema=DECISION)


def apply(batch: pa.RecordBatch, decision: pa.Table, config: SampleConfig, context: Context) -> Result:
    """`batch` with each document as often as decided, copies side by side, but for those that the phase refuses."""
    copies = np.ones(batch.num_rows, np.int64)
    copies[decision.column("row").to_numpy()] = decision.column("copies").to_numpy()
    dropped = decision.filter(pc.equal(decision.column("copies"), 0)).sort_by("row")
    drops = [
        Drop(row["row"], row["rule"], row["score"], row["threshold"], kept_twin=row["kept_twin"])
        for row in dropped.select(["row", "rule", "score", "threshold", "kept_twin"]).to_pylist()
    ]
    taken = np.flatnonzero(copies)
    foreign = refused(batch.take(pa.array(taken)), config, context.model)
    foreign = [drop._replace(row=int(taken[drop.row])) for drop in foreign]
    copies[[drop.row for drop in foreign]] = 0
    kept = batch.take(pa.array(np.repeat(np.arange(batch.num_rows), copies)))
    return Result(kept, sorted([*drops, *foreign]), created=int(np.maximum(copies - 1, 0).sum()))


STAGE = Group(
    name="mix.sample",
    version=8,
    config=SampleConfig,
    summary="Samples one phase's mix by weights or a rule per source, language and metadata, token budget, epoch cap.",
    libraries=("numpy", "orjson", "xxhash"),
    libraries_of=libraries_of,
    key=key,
    partition=partition,
    decide=decide,
    facts=facts,
    apply=apply,
    rules=rules,
    load=load,
    model_files=model_files,
)
