"""The best part of a corpus by a filter's score, as pools: one for each share of its text that is kept.

Documents are in order of score, those without one last; equal scores by the hash of the doc_id. A share of the text is
kept (of records, of what they read as), not of the documents: a rate of a tenth is then read ten times as often as the
whole. Memory: 24 bytes a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.runner.filter_step import measured
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import read_batches
from curation_lib.runner.plan import fused
from curation_lib.runner.pool_documents import SAID, said
from curation_lib.runner.pool_tokenizers import tokenizer_identity
from curation_lib.runner.pools import made, pool_key, write_pool
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.text.hashing import priority
from curation_lib.text.tokenizers.settings import TokenizerSetting
from curation_lib.valuation.filter_sweep import Ranking
from curation_lib.valuation.pool import Document
from curation_lib.valuation.sweep import Kept

_SEED = 0
Columns = tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64]]
"""Of documents: what they are ordered by, the smallest first, and what orders equals."""


class Scored(NamedTuple):
    """Parts of a corpus with the scores of their documents, store keys; column and sign: how scores order them."""

    store: Store
    parts: tuple[tuple[str, str], ...]
    column: str
    sign: float

    def batches(self, *columns: str) -> Iterator[tuple[pa.RecordBatch, Columns]]:
        """Columns of the documents, and how these are ordered."""
        for part, scores in self.parts:
            documents = read_batches(self.store, part, columns=["doc_id", *columns])
            for batch, scored in zip(documents, read_batches(self.store, scores, columns=[self.column]), strict=True):
                values = pc.cast(scored.column(self.column), pa.float64()).to_numpy(zero_copy_only=False)
                order = np.where(np.isnan(values), np.inf, -self.sign * values)  # nulls come as NaN
                yield batch, (order, priority(batch.column("doc_id"), _SEED))


class KeptOrder(NamedTuple):
    """One pool to make. last: how the last document that stays is ordered."""

    scored: Scored
    key: str
    tokenizer: Any
    last: tuple[float, int]


def kept_pools(
    corpus: Sequence[Manifest],
    ranking: Ranking,
    rates: Sequence[float],
    tokenizer: TokenizerSetting,
    session: Session,
) -> list[Kept]:
    """A pool for each rate. Raises ConfigError for a column that is none, and an empty corpus."""
    scored = scored_by(ranking, corpus, session)
    stage, config = ranking.bound()
    ranked = [stage_identity(stage, config, ("measure",)), ranking.column, ranking.best]
    shapes = tokenizer_identity(tokenizer), [one.fingerprint for one in corpus], ranked
    orders = [
        KeptOrder(scored, pool_key(*shapes, rate), tokenizer.model_dump(), last)
        for rate, last in zip(rates, cuts(scored, rates), strict=True)
    ]
    found = made(orders, make_kept_pool, session)
    return [
        Kept(rate, order.key, facts["documents"], facts["tokens"])
        for rate, order, facts in zip(rates, orders, found, strict=True)
    ]


def scored_by(ranking: Ranking, corpus: Sequence[Manifest], session: Session) -> Scored:
    """The corpus with its scores, measured where they are not there. Raises ConfigError for a column that is none, and
    an empty corpus."""
    stage, config = ranking.bound()
    (step,) = fused([(stage, config)])
    where = measured(step, corpus, session)[stage.name]
    parts = [(part, entry) for one in corpus for part, entry in zip(one.parts(), one.shards, strict=True)]
    pairs = tuple(
        (part, f"{where}/part-{n:05d}.parquet") for n, (part, one) in enumerate(parts) if one.files["part"].rows
    )
    if not pairs:
        raise ConfigError("corpus: no document is left; correct paths or stages")
    scored = Scored(session.store, pairs, ranking.column, 1.0 if ranking.best == "highest" else -1.0)
    _require_column(scored, stage.name)
    return scored


def _require_column(scored: Scored, name: str) -> None:
    import pyarrow.parquet as pq

    with scored.store.open(scored.parts[0][1], whole=False) as file:
        schema = pq.read_schema(file)
    numbers = [one.name for one in schema if pa.types.is_floating(one.type) or pa.types.is_integer(one.type)]
    if scored.column not in numbers:
        raise ConfigError(f"ranking.column: {name} has no score {scored.column!r}; it has {', '.join(numbers)}")


def cuts(scored: Scored, rates: Sequence[float]) -> list[tuple[float, int]]:
    """How the last document of each rate is ordered: the one with which the share of text is reached."""
    found = [
        (order, tie, pc.binary_length(batch.column("text")).to_numpy(zero_copy_only=False))
        for batch, (order, tie) in scored.batches("text")
    ]
    orders, ties, sizes = (np.concatenate(column) for column in zip(*found, strict=True))
    places = np.lexsort((ties, orders))
    running = np.cumsum(sizes[places].astype(np.float64))
    last = places[np.minimum(np.searchsorted(running, np.asarray(rates) * running[-1]), len(places) - 1)]
    return [(float(orders[one]), int(ties[one])) for one in last]


def make_kept_pool(order: KeptOrder) -> None:
    """Write the pool of one rate."""
    write_pool(order.scored.store, order.key, order.tokenizer, kept_documents(order))


def kept_documents(order: KeptOrder) -> Iterator[Document]:
    """The documents of one rate."""
    score, tie = order.last
    for batch, (scores, ties) in order.scored.batches(*SAID):
        stays = (scores < score) | ((scores == score) & (ties <= np.uint64(tie)))
        yield from said(batch.filter(pa.array(stays)))
