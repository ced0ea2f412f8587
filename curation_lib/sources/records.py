"""Records for post-training from JSON lines or Parquet (`text.records`): prompt and answer, conversations, preference
pairs. A row that holds none, or one that makes no sense, is quarantined with the reason.

The document's text is a rendering for people and for stages that measure; the record is in its metadata, and what else
the row has beside it. `normalize` has to leave the text as it is, as it does unless a recipe says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import model_validator

from curation_lib.core.errors import Unreadable
from curation_lib.core.stage import Read, Shard, Source
from curation_lib.sources import jsonl, parquet
from curation_lib.sources.captures import Captures
from curation_lib.sources.fields import IdConfig, add_text, known, metadata_of
from curation_lib.sources.inputs import list_shards
from curation_lib.text.records import CHAT, RECORD, Fields, NotARecord, canonical, plain, record_of


class RecordsConfig(IdConfig):
    """Which fields hold what. `messages_field` is a list of {role, content} (system, user, assistant, tool);
    `prompt_field` goes with `answer_field`, or with `chosen_field` and `rejected_field`, each a text or such a list;
    where answers repeat the prompt's turns, or begin with the same ones, these count as the prompt.
    `verifier_field` is a text or any JSON that says how an answer is checked."""

    prompt_field: str = "prompt"
    answer_field: str = "answer"
    messages_field: str = "messages"
    chosen_field: str = "chosen"
    rejected_field: str = "rejected"
    verifier_field: str = "verifier"

    @model_validator(mode="after")
    def _fields_differ(self) -> RecordsConfig:
        names = [*self.fields(), self.id_field]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two fields are called {twice[0]!r}; give each a name of its own")
        return self

    def fields(self) -> Fields:
        """The names of the fields that make a record."""
        answers = (self.chosen_field, self.rejected_field)
        return Fields(self.prompt_field, self.answer_field, self.messages_field, *answers, self.verifier_field)


def shards(config: RecordsConfig) -> list[Shard]:
    return list_shards(config, (*jsonl.SUFFIXES, *parquet.SUFFIXES))


def read(shard: Shard, config: RecordsConfig) -> Iterator[Read]:
    if shard.name.lower().endswith(parquet.SUFFIXES):
        fields = config.fields()
        return parquet.read_rows(shard, config, _add, (fields.messages, fields.answer, fields.chosen))
    return jsonl.read_lines(shard, config, _add)


def _add(row: Mapping[str, Any], locator: str, config: RecordsConfig, captures: Captures) -> None:
    fields = config.fields()
    try:
        record = record_of(row, fields)
        raw = plain(record).encode()
        if len(raw) > config.max_document_bytes:
            raise NotARecord(f"{len(raw)} bytes is over max_document_bytes {config.max_document_bytes}")
        metadata = dict(metadata_of(row, known(*fields, config.id_field)))
        metadata[RECORD] = canonical(record)
    except (NotARecord, UnicodeEncodeError) as e:
        captures.unread(locator, f"no record: {e}", str(row)[:64].encode("utf-8", "replace"))
    except Unreadable as e:
        captures.unread(locator, e.error, e.head)
    else:
        add_text(raw, row, sorted(metadata.items()), locator, config, captures, CHAT)


STAGE = Source(
    name="sources.records",
    version=1,
    config=RecordsConfig,
    summary="prompt and answer, conversations or preference pairs (JSON lines, Parquet): one capture per row",
    libraries=("orjson", "isal", "pyarrow"),
    shards=shards,
    read=read,
)
