"""Documents as pools in a store, `pools/<fingerprint>/`: read and filtered by stages, tokenized by one task each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint, library_versions
from curation_lib.core.local_copy import local_copy
from curation_lib.core.recipe import configured, stage_list
from curation_lib.runner.given import AS_IS, read_inputs
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import read_batches
from curation_lib.runner.plan import Step, fused
from curation_lib.runner.session import Session
from curation_lib.runner.steps import run_step
from curation_lib.runner.store import Store, canonical_json
from curation_lib.text.records import Record, prompt_text, records_of
from curation_lib.text.tokenizers.loading import load_tokenizer
from curation_lib.text.tokenizers.settings import TokenizerSetting
from curation_lib.valuation.bpe import trained
from curation_lib.valuation.pool import FILES, Document, Pool, PoolWriter, open_pool, read_document, sampled
from curation_lib.valuation.pool_settings import PoolSettings, Sampled, TokenizerChoice, TrainedTokenizer
from curation_lib.valuation.shuffled import shuffled

MANIFEST = "manifest.json"
VERSION = 2
"""Bump when the same documents would make another pool."""
_BATCH = 256


class View(NamedTuple):
    """What of the documents goes into a pool. low, high: by the hash of their text, see `Part`. documents, max_bytes:
    see `MeasureSettings`; 0 is no limit. shuffle: their words."""

    low: float = 0.0
    high: float = 1.0
    documents: int = 0
    max_bytes: int = 0
    shuffle: bool = False


Viewed = tuple[Sequence[Manifest], View]
"""Datasets, and what of their documents goes into a pool."""


class PoolOrder(NamedTuple):
    """One pool to make, on its way to a worker. parts: store keys of Parquet files. tokenizer: as `load_tokenizer`
    takes it."""

    store: Store
    key: str
    parts: tuple[str, ...]
    tokenizer: Any
    view: View


def documents(settings: PoolSettings, session: Session, where: str = "documents") -> list[Manifest]:
    """The datasets of the documents that the settings name, in the session's store; what is there is not made again.
    Raises ConfigError, which begins with `where`, for what is not there or cannot be read."""
    try:
        return _documents(settings, session)
    except ConfigError as e:
        raise ConfigError(f"{where}: {e}") from e


def _documents(settings: PoolSettings, session: Session) -> list[Manifest]:
    if settings.source is None:
        found = read_inputs(settings.paths, session)
    else:
        given = {"source": "input", "paths": settings.paths, **settings.settings}
        chain = (configured(settings.source, given, "source"), configured("normalize.plain", AS_IS, "source"))
        found = [_step(Step(f"read {settings.source}", "ingest", settings.source, chain), [], session)]
    bound = [pair for item in settings.stages for pair in stage_list(item, "stages")]
    for step in fused([configured(name, one, "stages") for name, one in bound]):
        found = [_step(step, found, session)]
    return found


def _step(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    return complete(session.store, run_step(step, inputs, session).directory)


def tokenizer_of(choice: TokenizerChoice, base: Sequence[Manifest], session: Session) -> TokenizerSetting:
    """The tokenizer: the one that is named, or one trained on the base's documents, in the store under
    `tokenizers/<fingerprint>/`. Raises ConfigError for one without ids."""
    if isinstance(choice, TokenizerSetting):
        if not choice.has_ids:
            raise ConfigError(f"tokenizer: {choice.name} only counts; name one with ids, or `train: 2048`")
        return choice
    told = [choice.model_dump(), [m.fingerprint for m in base], library_versions(["tokenizers"])]
    key = f"tokenizers/{fingerprint(told)}/tokenizer.json"
    if not session.store.exists(key):
        _train_tokenizer((session.store, key, _parts(base), choice))
    return TokenizerSetting(name="tokenizer.json", path=session.store.address(key))


def _train_tokenizer(order: tuple[Store, str, tuple[str, ...], TrainedTokenizer]) -> None:
    store, key, parts, choice = order
    chosen = sampled(_read(store, parts), choice.megabytes * 250)  # of 4 KB on average
    store.put(key, trained([one.text for one in chosen], choice.train).encode())


def made_pools(wanted: Mapping[str, Viewed], tokenizer: TokenizerSetting, session: Session) -> dict[str, str]:
    """Store keys of pools by name, made side by side where they are not there. Raises ConfigError, with its name, for
    one without documents."""
    told = tokenizer_identity(tokenizer)
    orders = {
        name: PoolOrder(
            session.store,
            f"pools/{fingerprint([VERSION, told, [m.fingerprint for m in manifests], list(view)])}",
            _parts(manifests),
            tokenizer.model_dump(),
            view,
        )
        for name, (manifests, view) in wanted.items()
    }
    todo = {o.key: o for o in orders.values() if not session.store.exists(f"{o.key}/{MANIFEST}")}
    session.scheduler.run(make_pool, list(todo.values()), lambda _: None)  # type: ignore[arg-type]
    for name, order in orders.items():
        if not facts_of(session.store, order.key)["documents"]:
            raise ConfigError(f"{name}: {_missing(order.view)}; give more documents, or correct paths and stages")
    return {name: order.key for name, order in orders.items()}


def _missing(view: View) -> str:
    if (view.low, view.high) == (0.0, 1.0):
        return "there is no document with text"
    return f"there is no document with text in its part of the hashes, {view.low:g} to {view.high:g}"


def tokenizer_identity(tokenizer: TokenizerSetting) -> list[Any]:
    """What of a tokenizer shapes a pool, JSON-ready."""
    from curation_lib.core.fingerprint import file_sha256

    bytes_ = file_sha256(tokenizer.path) if tokenizer.path is not None else ""
    vocabulary = load_tokenizer(tokenizer).vocab_size
    return [tokenizer.only("output"), bytes_, library_versions(["tokenizers"]), vocabulary]


def measure_view(settings: Sampled, low: float = 0.0, high: float = 1.0) -> View:
    """What of a measure set's documents is measured."""
    return View(low, high, settings.documents, settings.max_bytes)


def make_pool(order: PoolOrder) -> None:
    """Write the pool of an order."""
    store, key, parts, setting, view = order
    found = _viewed(_read(store, parts), view)
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


def _viewed(found: Iterator[Document], view: View) -> Iterator[Document]:
    for one in found:
        place = one.digest / 2**64
        if view.low <= place and (place < view.high or view.high >= 1):
            text = shuffled(one.text) if view.shuffle else one.text
            yield one._replace(text=_cut(text, view.max_bytes) if view.max_bytes else text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most // 4 else text.encode()[:most].decode(errors="ignore")


def _parts(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    return tuple(part for m in manifests for part in m.parts())


def _read(store: Store, parts: Sequence[str]) -> Iterator[Document]:
    """Documents of the parts; of a record its answer, the prompt given."""
    for part in parts:
        for batch in read_batches(store, part, columns=["text", "format", "metadata"]):
            for text, record in zip(batch.column("text").to_pylist(), records_of(batch), strict=True):
                if isinstance(record, Record):
                    answer = "\n".join(turn.content for turn in record.answer)
                    yield read_document(answer, prompt_text(record) + "\n")
                else:
                    yield read_document(text)


def facts_of(store: Store, key: str) -> dict[str, int]:
    """documents, tokens, bytes, vocabulary and eos of a pool."""
    return orjson.loads(store.read(f"{key}/{MANIFEST}"))  # type: ignore[no-any-return]


def digests_of(store: Store, key: str) -> npt.NDArray[np.uint64]:
    """Hashes of what a pool's documents say, fetched without their tokens."""
    return np.frombuffer(store.read(f"{key}/digests.bin"), np.uint64)


def opened(store: Store, key: str) -> Pool:
    """The pool, on the local disk."""
    facts = facts_of(store, key)
    copies = [local_copy(store.address(f"{key}/{name}")) for name in FILES]
    return open_pool(dict(zip(FILES, copies, strict=True)), facts["vocabulary"], facts["eos"])
