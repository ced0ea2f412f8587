"""`export.chat`: records as trainers for post-training read them, JSON Lines in one zstd frame a file.

A part is two files: conversations (`{"messages": […]}`, for prompts with answers, too) and preference pairs
(`{"prompt": […], "chosen": […], "rejected": […]}`), since a trainer reads one kind or the other. Every line of a file
has the same keys, null where there is nothing: `verifier` is a text, JSON where the record had more than that; with a
`chat_template` the rendered texts stand beside the turns, `text` of a conversation, `chosen_text` and `rejected_text`
of a pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Context, Map, Result
from curation_lib.export.formats import Counts, Format
from curation_lib.export.jsonl import write_lines
from curation_lib.export.rendering import template_of, tokens
from curation_lib.export.schema import ExportConfig
from curation_lib.text.chat_template import ChatTemplate
from curation_lib.text.records import Messages, NotARecord, Record, records_of
from curation_lib.text.rendered_files import libraries_of, model_files
from curation_lib.text.tokenizers.loading import load

CHAT = pa.schema(
    [
        pa.field("line", pa.large_binary(), nullable=False),
        pa.field("pair", pa.bool_(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
    ]
)
"""One row per document: its line, whether it is of a preference pair, and its tokens as the budget counts them."""
TABLES = ("conversations", "preferences")
"""What the two files of a part hold."""


class ChatConfig(ExportConfig):
    """Settings of `export.chat`."""

    @model_validator(mode="after")
    def _has_records(self) -> ChatConfig:
        if self.phase != "posttrain":
            raise ValueError(
                f"chat is a format of records, which {self.phase} has none of: ask for it as "
                "export.phases.posttrain.formats"
            )
        return self


def convert(batch: pa.RecordBatch, config: ChatConfig, context: Context) -> Result:
    """Documents as CHAT rows; none is dropped. Raises ContractError for one that carries no record."""
    template = template_of(config)
    records = records_of(batch)
    facts = batch.select(["doc_id", "source", "url", "license"]).to_pylist()
    counts = tokens(batch, config, context.model)
    facts = [{**about, "tokens": count} for about, count in zip(facts, counts.to_pylist(), strict=True)]
    lines = [_line(record, about, template) for record, about in zip(records, facts, strict=True)]
    pairs = [isinstance(record, Record) and bool(record.rejected) for record in records]
    columns = [pa.array(lines, pa.large_binary()), pa.array(pairs, pa.bool_()), counts]
    return Result(pa.RecordBatch.from_arrays(columns, schema=CHAT))


def _line(record: Record | NotARecord, about: dict[str, Any], template: ChatTemplate | None) -> bytes:
    if isinstance(record, NotARecord):
        raise ContractError(f"export.chat: document {about['doc_id']} of {about['source']} is no record: {record}")
    said: dict[str, Any] = {"messages": _turns((*record.prompt, *record.answer))}
    texts = {} if template is None else {"text": template.render(record)}
    if record.rejected:
        said = {"prompt": record.prompt, "chosen": record.answer, "rejected": record.rejected}
        said = {name: _turns(turns) for name, turns in said.items()}
        other = {} if template is None else {"rejected_text": template.rendered((*record.prompt, *record.rejected))}
        texts = {f"chosen_{name}": text for name, text in texts.items()} | other
    line = {**said, **texts, "verifier": _verifier(record.verifier), **about}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _turns(turns: Messages) -> list[dict[str, str]]:
    return [one._asdict() for one in turns]


def _verifier(verifier: Any) -> str | None:
    """One type for all lines, as readers that infer a schema need it."""
    if verifier is None or isinstance(verifier, str):
        return verifier
    return orjson.dumps(verifier, option=orjson.OPT_SORT_KEYS).decode()


def encode(
    batches: Iterable[pa.RecordBatch], sinks: Sequence[BinaryIO], config: ChatConfig, context: Context
) -> Counts:
    """Write CHAT batches as conversations and as preference pairs, in their order."""
    table = pa.Table.from_batches(batches, CHAT)
    counts = {}
    for sink, kind, pair in zip(sinks, TABLES, (False, True), strict=True):
        lines = table.filter(pc.equal(table.column("pair"), pair)).column("line")
        write_lines((line.as_buffer() for line in lines), sink, config.compression_level)
        counts[kind] = len(lines)
    return {**counts, "rows": table.num_rows}


FORMAT = Format(tuple(f".{kind}.jsonl.zst" for kind in TABLES), encode, loader="json", tables=TABLES)
STAGE = Map(
    name="export.chat",
    version=1,
    config=ChatConfig,
    summary="Writes post-training records as conversations and preference pairs, zstd-compressed JSON Lines.",
    produces=CHAT,
    libraries=("orjson", "pyarrow", "zstandard"),
    libraries_of=libraries_of,
    load=load,
    model_files=model_files,
    fn=convert,
)
