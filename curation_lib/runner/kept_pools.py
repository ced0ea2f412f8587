"""The best part of a corpus by a filter's score, as pools: one for each share of its text that is kept.

Documents are in order of score, those without one last; equal scores by the hash of the doc_id. A share of the text is
kept, not of the documents: a rate of a tenth is then read ten times as often as the whole. Memory: 24 bytes a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint, stage_identity
from curation_lib.core.recipe import configured
from curation_lib.core.stage import Filter
from curation_lib.runner.filter_step import measured
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import read_batches
from curation_lib.runner.plan import fused
from curation_lib.runner.pool_tokenizers import tokenizer_identity
from curation_lib.runner.pools import MANIFEST, VERSION, facts_of, write_pool
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.text.hashing import priority
from curation_lib.text.tokenizers.settings import TokenizerSetting
from curation_lib.valuation.filter_sweep import Ranking
from curation_lib.valuation.pool import Document, read_document
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

    def batches(self, column: str) -> Iterator[tuple[pa.Array, Columns]]:
        """A column of the documents, and how they are ordered."""
        for part, scores in self.parts:
            documents = read_batches(self.store, part, columns=["doc_id", column])
            for batch, scored in zip(documents, read_batches(self.store, scores, columns=[self.column]), strict=True):
                values = pc.cast(scored.column(self.column), pa.float64()).to_numpy(zero_copy_only=False)
                order = np.where(np.isnan(values), np.inf, -self.sign * values)  # nulls come as NaN
                yield batch.column(column), (order, priority(batch.column("doc_id"), _SEED))


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
    """A pool for each rate. Raises ConfigError for a filter or a column that is none, and an empty corpus."""
    stage, config = configured(ranking.filter, ranking.settings, "ranking")
    if not isinstance(stage, Filter):
        raise ConfigError(f"ranking.filter: {ranking.filter} has no scores; name a filter, e.g. filters.density")
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
    identity = [stage_identity(stage, config, ("measure",)), ranking.column, ranking.best]
    told = [VERSION, tokenizer_identity(tokenizer), [one.fingerprint for one in corpus], identity]
    orders = [
        KeptOrder(scored, f"pools/{fingerprint([*told, rate])}", tokenizer.model_dump(), last)
        for rate, last in zip(rates, cuts(scored, rates), strict=True)
    ]
    todo = {order.key: order for order in orders if not session.store.exists(f"{order.key}/{MANIFEST}")}
    session.scheduler.run(make_kept_pool, list(todo.values()), lambda _: None)  # type: ignore[arg-type]
    counts = [facts_of(session.store, order.key) for order in orders]
    return [
        Kept(rate, order.key, one["documents"], one["tokens"])
        for rate, order, one in zip(rates, orders, counts, strict=True)
    ]


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
        (order, tie, pc.binary_length(texts).to_numpy(zero_copy_only=False))
        for texts, (order, tie) in scored.batches("text")
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
    for texts, (scores, ties) in order.scored.batches("text"):
        stays = (scores < score) | ((scores == score) & (ties <= np.uint64(tie)))
        for row in np.flatnonzero(stays).tolist():
            yield read_document(texts[row].as_py())
