"""Documents as pools in a store, `pools/<fingerprint>/`: tokenized by one task each, the manifest last."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import orjson

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint, library_versions
from curation_lib.core.local_copy import lasting_copy
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.pool_documents import View, parts_of, read_parts, viewed
from curation_lib.runner.pool_tokenizers import tokenizer_identity
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.text.tokenizers.loading import load_tokenizer
from curation_lib.text.tokenizers.settings import TokenizerSetting
from curation_lib.valuation.pool import FILES, Document, Pool, PoolWriter, open_pool, sampled

MANIFEST = "manifest.json"
VERSION = 3
"""Bump when the same documents would make another pool."""
_BATCH = 256

Viewed = tuple[Sequence[Manifest], View]
"""Datasets, and what of their documents goes into a pool."""


class Keyed(Protocol):
    """What a pool is made of; `key` is where it goes in the store."""

    @property
    def key(self) -> str: ...


class PoolOrder(NamedTuple):
    """One pool to make, on its way to a worker. parts: store keys of Parquet files. tokenizer: as `load_tokenizer`
    takes it."""

    store: Store
    key: str
    parts: tuple[str, ...]
    tokenizer: Any
    view: View


def made_pools(wanted: Mapping[str, Viewed], tokenizer: TokenizerSetting, session: Session) -> dict[str, str]:
    """Store keys of pools by name, made side by side where they are not there. Raises ConfigError, with its name, for
    one without documents."""
    identity = tokenizer_identity(tokenizer)
    orders = {name: _ordered(one, tokenizer, identity, session.store) for name, one in wanted.items()}
    found = made(list(orders.values()), make_pool, session)
    for (name, order), facts in zip(orders.items(), found, strict=True):
        if not facts["documents"]:
            raise ConfigError(f"{name}: {_missing(order.view)}; give more documents, or correct paths and stages")
    return {name: order.key for name, order in orders.items()}


def _ordered(wanted: Viewed, tokenizer: TokenizerSetting, identity: Sequence[Any], store: Store) -> PoolOrder:
    manifests, view = wanted
    drawing = library_versions(["numpy"]) if view.shuffle else {}
    key = pool_key(identity, [m.fingerprint for m in manifests], list(view), drawing)
    return PoolOrder(store, key, parts_of(manifests), tokenizer.model_dump(), view)


def pool_key(identity: Sequence[Any], *shapes: Any) -> str:
    """Where a pool lies in a store. identity: of its tokenizer; shapes: all else that shapes it, JSON-ready."""
    return f"pools/{fingerprint([VERSION, identity, *shapes])}"


def made(orders: Sequence[Keyed], make: Callable[[Any], None], session: Session) -> list[dict[str, int]]:
    """The facts of the ordered pools, those that are not there made side by side."""
    todo = {order.key: order for order in orders if not session.store.exists(f"{order.key}/{MANIFEST}")}
    session.scheduler.run(make, list(todo.values()), lambda _: None)  # type: ignore[arg-type]
    return [facts_of(session.store, order.key) for order in orders]


def _missing(view: View) -> str:
    if (view.low, view.high) == (0.0, 1.0):
        return "there is no document with text"
    return f"there is no document with text in its part of the hashes, {view.low:g} to {view.high:g}"


def make_pool(order: PoolOrder) -> None:
    """Write the pool of an order."""
    store, key, parts, setting, view = order
    found = viewed(read_parts(store, parts), view)
    write_pool(store, key, setting, iter(sampled(found, view.documents)) if view.documents else found)


def write_pool(store: Store, key: str, setting: Any, found: Iterator[Document]) -> None:
    """Write documents as a pool, its manifest last; setting: of the tokenizer, as `load_tokenizer` takes it."""
    with tempfile.TemporaryDirectory(prefix="winnow-pool-") as folder:
        writer = PoolWriter(Path(folder), load_tokenizer(setting))
        while batch := tuple(_take(found)):
            writer.write(batch)
        facts = writer.close()
        for name in FILES:
            with store.writing(f"{key}/{name}") as to, (Path(folder) / name).open("rb") as file:
                while block := file.read(1 << 20):
                    to.file.write(block)
    store.put(f"{key}/{MANIFEST}", canonical_json(facts))


def _take(found: Iterator[Document]) -> Iterator[Document]:
    for n, one in enumerate(found, 1):
        yield one
        if n == _BATCH:
            return


def facts_of(store: Store, key: str) -> dict[str, int]:
    """documents, tokens, bytes, vocabulary and eos of a pool."""
    return orjson.loads(store.read(f"{key}/{MANIFEST}"))  # type: ignore[no-any-return]


def digests_of(store: Store, key: str) -> npt.NDArray[np.uint64]:
    """Hashes of what a pool's documents say, fetched without their tokens."""
    return np.frombuffer(store.read(f"{key}/digests.bin"), np.uint64)


def opened(store: Store, key: str) -> Pool:
    """The pool, on the local disk; a remote one is copied once to `$WINNOW_CACHE`, where it stays."""
    facts = facts_of(store, key)
    copies = [lasting_copy(store.address(f"{key}/{name}")) for name in FILES]
    return open_pool(dict(zip(FILES, copies, strict=True)), facts["vocabulary"], facts["eos"])
