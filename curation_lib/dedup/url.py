"""`dedup.url`: of the documents with one canonical URL (see `text.urls`) the first in survivor order stays.

Rule `same_url`, score and threshold 1, for the two URLs are equal: the texts are not compared (their similarity among
the ledger's edges is null), the newest capture is taken for the page. A document without a URL is never dropped, and
none goes for a hash: the canonical URLs themselves are compared.

Memory: `key` emits about 130 bytes and the canonical URL per document, `partition` holds those of its
partition, `decide` about 110 bytes per dropped document. No text is read.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.config import keep
from curation_lib.core.removals import DECISION, apply_removals
from curation_lib.core.stage import OWN, Context, Group, Lookup
from curation_lib.dedup.decisions import decision, firsts, heads, numbers
from curation_lib.dedup.released import ReleasedConfig, released
from curation_lib.dedup.survivors import FACTS, READS, Survivor, facts, ranks, survivor_order
from curation_lib.text.hashing import priority
from curation_lib.text.urls import Canonical, canonical_url

ROWS = pa.schema(
    [
        pa.field("row", pa.uint32()),
        pa.field("partition_key", pa.uint64()),
        pa.field("url", pa.large_string()),
        *FACTS,
    ]
)
"""Key rows: one per document with a URL, keyed by xxh3-64 of the canonical one."""
TRACKING = (
    "utm_*", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "_ga", "_gl",  # Google
    "fbclid", "igshid", "msclkid", "twclid", "ttclid", "li_fat_id", "yclid", "ysclid",  # Meta, Microsoft, X, ...
    "mc_cid", "mc_eid", "_hsenc", "_hsmi", "mkt_tok", "vero_id", "oly_anon_id", "oly_enc_id",  # mailings
)  # fmt: skip
"""Query parameters that advertisers and mailing services add to links and that no page depends on."""


class UrlConfig(ReleasedConfig):
    """Settings of `dedup.url`: who stays, and what makes no difference between two http(s) URLs.

    ignore_scheme: http or https. ignore_www: a leading `www.`. ignore_trailing_slash: of the path.
    ignore_fragment: but `#!` and `#/`. ignore_order: of query parameters. ignore_parameters: names of query
    parameters, `*` stands for anything.
    """

    survivor: Survivor = keep("newest")
    ignore_scheme: bool = True
    ignore_www: bool = False
    ignore_trailing_slash: bool = True
    ignore_fragment: bool = True
    ignore_order: bool = True
    ignore_parameters: tuple[str, ...] = TRACKING


def key(batch: pa.RecordBatch, config: UrlConfig, context: Context) -> pa.RecordBatch:
    """One row per document with a URL, see ROWS."""
    urls = canonical_urls(batch.column("url"), config)
    some = pc.indices_nonzero(urls.is_valid())
    batch, urls = batch.take(some), urls.take(some)
    columns = [some.cast(pa.uint32()), pa.array(priority(urls, 0)), urls, *facts(batch)]
    return pa.record_batch(columns, schema=ROWS)


def canonical_urls(urls: pa.Array, config: UrlConfig) -> pa.Array:
    """large_string per row, null for a null or blank URL; each distinct URL is parsed once."""
    ignore = Canonical(
        config.ignore_scheme,
        config.ignore_www,
        config.ignore_trailing_slash,
        config.ignore_fragment,
        config.ignore_order,
        config.ignore_parameters,
    )
    distinct = urls.dictionary_encode()
    found = [canonical_url(url, ignore) or None for url in distinct.dictionary.to_pylist()]
    return pa.array(found, pa.large_string()).take(distinct.indices)


def partition(rows: pa.Table, config: UrlConfig) -> pa.Table:
    """The decision on the documents of this partition: one URL's documents all lie in it."""
    ranked = rows.append_column("rank", pa.array(ranks(rows, config)))
    rows = rows.take(pa.array(survivor_order(ranked, "partition_key", "url")))
    begins = firsts(numbers(rows, "partition_key"), numbers(rows, "url"))
    gone = ~begins & (numbers(rows, "release") == OWN)
    twin = rows.column("doc_id").take(pa.array(heads(begins)[gone]))
    equal = {"score": 1.0, "threshold": 1.0, "texts_compared": False}
    return decision(rows.filter(pa.array(gone)), rule="same_url", kept_twin=twin, **equal)


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: UrlConfig) -> pa.Table:
    """All partitions' decisions."""
    return pa.concat_tables([DECISION.empty_table(), *partials]).sort_by([("shard", "ascending"), ("row", "ascending")])


STAGE = Group(
    name="dedup.url",
    version=5,
    config=UrlConfig,
    summary="Drops documents whose URL is that of a kept one",
    libraries=("xxhash",),
    key=key,
    partition=partition,
    decide=decide,
    apply=apply_removals,
    reads=(*READS, "url"),
    released=released,
)
