"""What a worker does for an export: one part of the shuffled mix in every format.

Formats that are made of the same rows share them: a part is read and tokenised once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import pyarrow as pa

from curation_lib.core.stage import Context, Map, Stage
from curation_lib.export import summary
from curation_lib.export.formats import Format
from curation_lib.export.schema import ExportConfig
from curation_lib.runner.books import Books
from curation_lib.runner.commit import Outputs, once
from curation_lib.runner.manifest import Entry
from curation_lib.runner.shard import documents
from curation_lib.runner.work import Work, contexts, entry, explained


def format_of(stage: Stage) -> Format:
    """How the stage's rows become files."""
    found: Format = import_module(f"curation_lib.{stage.name}").FORMAT
    return found


def kind_of(stage: Stage) -> str:
    """The format's name: that of the stage, without its room."""
    return stage.name.partition(".")[2]


def names_of(stage: Stage) -> list[str]:
    """The kinds of a part's files: the format's name, with the suffix where there are several."""
    suffixes = format_of(stage).suffixes
    return [kind_of(stage) + (suffix if len(suffixes) > 1 else "") for suffix in suffixes]


def write_shard(work: Work) -> Entry:
    """One part of the mixture in every format."""

    def make(outputs: Outputs) -> dict[str, Any]:
        books, batches = Books(), []
        for batch in documents(work, books):
            books.keep(batch)
            batches += [batch] if batch.num_rows else []
        formats: dict[str, Mapping[str, int]] = {}
        tokens: list[pa.Array] = []
        for made in _made_alike(work) if batches else []:
            stage, config, context = made[0]
            rows = [stage.fn(batch, config, context).kept for batch in batches]
            tokens = tokens or [summary.tokens(one, context.model) for one in rows]
            formats |= {kind_of(one[0]): _encoded(outputs, rows, *one) for one in made}
        partials = [summary.partial(*pair) for pair in zip(batches, tokens, strict=True)]
        return {**books.counts(), "summary": summary.merge(partials), "formats": formats}

    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, _paths(work), make))


def _made_alike(work: Work) -> list[list[tuple[Map, Any, Context]]]:
    """The formats, together where they are made of the same rows: by one function, with one tokenizer."""
    alike: dict[Any, list[tuple[Map, Any, Context]]] = {}
    for (stage, config), context in zip(work.bound(), contexts(work), strict=True):
        assert isinstance(stage, Map)
        assert isinstance(config, ExportConfig)
        alike.setdefault((stage.fn, config.tokenizer), []).append((stage, config, context))
    return list(alike.values())


def _encoded(
    outputs: Outputs, rows: Sequence[pa.RecordBatch], stage: Stage, config: Any, context: Context
) -> Mapping[str, int]:
    """Write converted rows as the files of one format; what they hold."""
    with ExitStack() as stack:
        sinks = [stack.enter_context(outputs.writing(kind)).file for kind in names_of(stage)]
        counts = format_of(stage).encode(iter(rows), sinks, config, context)
    for kind in names_of(stage):
        outputs.rows(kind, sum(batch.num_rows for batch in rows))
    return counts


def _paths(work: Work) -> dict[str, str]:
    """Where each kind of file of this part goes."""
    pairs = [pair for stage, _ in work.bound() for pair in zip(names_of(stage), format_of(stage).suffixes, strict=True)]
    return {kind: f"{kind.partition('.')[0]}/part-{work.index:05d}{suffix}" for kind, suffix in pairs}
