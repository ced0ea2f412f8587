"""The documents of pools: read and filtered by stages as datasets, then what of them a pool holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe_stages import configured, stage_list
from curation_lib.runner.given import AS_IS, read_inputs
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import read_batches
from curation_lib.runner.plan import Step, fused
from curation_lib.runner.session import Session
from curation_lib.runner.steps import run_step
from curation_lib.runner.store import Store
from curation_lib.text.records import Record, prompt_text, records_of
from curation_lib.valuation.pool import Document, read_document
from curation_lib.valuation.pool_settings import PoolSettings, Sampled
from curation_lib.valuation.shuffled import shuffled

SAID = ("text", "format", "metadata")
"""Columns that tell what a document says."""


class View(NamedTuple):
    """What of the documents goes into a pool. low, high: by the hash of their text, see `Part`. documents, max_bytes:
    see `MeasureSettings`; 0 is no limit. shuffle: their words."""

    low: float = 0.0
    high: float = 1.0
    documents: int = 0
    max_bytes: int = 0
    shuffle: bool = False


def measure_view(settings: Sampled, low: float = 0.0, high: float = 1.0) -> View:
    """What of a measure set's documents is measured."""
    return View(low, high, settings.documents, settings.max_bytes)


def documents(settings: PoolSettings, session: Session, where: str = "documents") -> list[Manifest]:
    """The datasets of the documents that the settings name, in the session's store; what is there is not made again.
    Raises ConfigError, which begins with `where`, for what is not there or cannot be read."""
    try:
        return _documents(settings, session)
    except ConfigError as e:
        raise ConfigError(f"{where}: {e}") from e


def _documents(settings: PoolSettings, session: Session) -> list[Manifest]:
    bound = settings.read_by()
    if bound is None:
        found = read_inputs(settings.paths, session)
    else:
        name, chain = bound[0].name, (bound, configured("normalize.plain", AS_IS, "source"))
        found = [_step(Step(f"read {name}", "ingest", name, chain), [], session)]
    stages = [pair for item in settings.stages for pair in stage_list(item, "stages")]
    for step in fused([configured(name, one, "stages") for name, one in stages]):
        found = [_step(step, found, session)]
    return found


def _step(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    return complete(session.store, run_step(step, inputs, session).directory)


def parts_of(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    """Store keys of the parts of datasets, in order."""
    return tuple(part for m in manifests for part in m.parts())


def read_parts(store: Store, parts: Sequence[str]) -> Iterator[Document]:
    """Documents of the parts."""
    for part in parts:
        for batch in read_batches(store, part, columns=[*SAID]):
            yield from said(batch)


def said(batch: pa.RecordBatch) -> Iterator[Document]:
    """Each row of a batch with the columns SAID as a document; of a record its answer, the prompt given."""
    for text, record in zip(batch.column("text").to_pylist(), records_of(batch), strict=True):
        if isinstance(record, Record):
            answer = "\n".join(turn.content for turn in record.answer)
            yield read_document(answer, prompt_text(record) + "\n")
        else:
            yield read_document(text)


def viewed(found: Iterator[Document], view: View) -> Iterator[Document]:
    """What of the documents a pool holds, its limit on their number left aside."""
    for one in found:
        place = one.digest / 2**64
        if view.low <= place and (place < view.high or view.high >= 1):
            text = shuffled(one.text) if view.shuffle else one.text
            yield one._replace(text=_cut(text, view.max_bytes) if view.max_bytes else text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most // 4 else text.encode()[:most].decode(errors="ignore")
