"""Records for post-training: a prompt and its answer, a conversation, or a pair of answers of which one is preferred.

A document that carries one has the format `chat`, as its text a rendering that anyone can read (`plain`), and the
record itself as canonical JSON in its metadata under `record`: `{"messages": […]}` or `{"prompt": […], "chosen": […],
"rejected": […]}`, lists of `{"role", "content"}`, and `verifier` where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

CHAT = "chat"
"""The `format` of documents that carry a record."""
RECORD = "record"
"""The key of metadata that holds it."""
_NEXT = {
    "": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant"),
}
"""Which role may follow which; nothing comes before the first."""


class Message(NamedTuple):
    """One turn; `role` is system, user, assistant or tool."""

    role: str
    content: str


Messages = tuple[Message, ...]


class Record(NamedTuple):
    """What a model is asked (`prompt`, without the last answer), what it should say, and, of a preference pair, what it
    should not. verifier: what checks an answer, a text or any JSON; None where there is none."""

    prompt: Messages
    answer: Messages
    rejected: Messages = ()
    verifier: Any = None


class NotARecord(ValueError):
    """What is given is no record; the message says why."""


class Fields(NamedTuple):
    """Where a row keeps the parts of its record."""

    prompt: str = "prompt"
    answer: str = "answer"
    messages: str = "messages"
    chosen: str = "chosen"
    rejected: str = "rejected"
    verifier: str = "verifier"


def record_of(row: Mapping[str, Any], fields: Fields = Fields()) -> Record:  # noqa: B008 - it is a tuple
    """The record of a row: a conversation, a preference pair, or prompt and answer. Raises NotARecord, saying why."""
    verifier = row.get(fields.verifier)
    if verifier is not None:
        _json(verifier)
    if row.get(fields.messages) is not None:
        turns = _conversation(_turns(row[fields.messages], fields.messages), fields.messages)
        return Record(turns[:-1], turns[-1:], (), verifier)
    if row.get(fields.chosen) is not None or row.get(fields.rejected) is not None:
        return _pair(row, fields, verifier)
    prompt = _prompt(_said(row, fields.prompt, "user"), fields.prompt)
    answer = _said(row, fields.answer, "assistant")
    _conversation((*prompt, *answer), fields.answer)
    return Record((*prompt, *answer[:-1]), answer[-1:], (), verifier)


def _pair(row: Mapping[str, Any], fields: Fields, verifier: Any) -> Record:
    chosen, rejected = _said(row, fields.chosen, "assistant"), _said(row, fields.rejected, "assistant")
    if row.get(fields.prompt) is None:
        prompt = _shared(chosen, rejected)
        if not prompt:
            raise NotARecord(f"field {fields.prompt!r} is missing, and the two answers do not begin alike")
    else:
        prompt = _said(row, fields.prompt, "user")
    prompt = _prompt(prompt, fields.prompt)
    chosen, rejected = (said[len(prompt) :] if said[: len(prompt)] == prompt else said for said in (chosen, rejected))
    if chosen == rejected:
        raise NotARecord(f"{fields.chosen} and {fields.rejected} are the same")
    _conversation((*prompt, *chosen), fields.chosen)
    _conversation((*prompt, *rejected), fields.rejected)
    return Record(prompt, chosen, rejected, verifier)


def _shared(one: Messages, other: Messages) -> Messages:
    """The turns with which both begin, up to the last of the user."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    while same and one[same - 1].role != "user":
        same -= 1
    return one[:same]


def _said(row: Mapping[str, Any], field: str, role: str) -> Messages:
    """A field's turns; a text is one of `role`."""
    value = row.get(field)
    if value is None:
        raise NotARecord(f"field {field!r} is missing")
    return (_message(role, value, field),) if isinstance(value, str) else _turns(value, field)


def _turns(value: Any, field: str) -> Messages:
    if not isinstance(value, list) or not value:
        raise NotARecord(f"field {field!r} is {_kind(value)}, not a list of messages")
    return tuple(_turn(one, f"{field}.{n}") for n, one in enumerate(value))


def _turn(value: Any, where: str) -> Message:
    if not isinstance(value, Mapping):
        raise NotARecord(f"{where} is {_kind(value)}, not an object with role and content")
    more = sorted(name for name, one in value.items() if one is not None and name not in ("role", "content"))
    if more:
        raise NotARecord(f"{where} has {', '.join(more)}, which would be lost: a message is role and content")
    return _message(value.get("role"), value.get("content"), where)


def _message(role: Any, content: Any, where: str) -> Message:
    if role not in _NEXT or not role:
        raise NotARecord(f"{where} has the role {role!r}; roles are system, user, assistant, tool")
    if not isinstance(content, str):
        raise NotARecord(f"the content of {where} is {_kind(content)}, not a text")
    if not content.strip():
        raise NotARecord(f"{where} has no text")
    return Message(role, content)


def _prompt(turns: Messages, where: str) -> Messages:
    _in_order(turns, where)
    if turns[-1].role not in ("user", "tool"):
        raise NotARecord(f"{where} ends with the turn of {turns[-1].role}: nothing is asked")
    return turns


def _conversation(turns: Messages, where: str) -> Messages:
    _in_order(turns, where)
    if turns[-1].role != "assistant":
        raise NotARecord(f"{where} ends with the turn of {turns[-1].role}: there is no answer")
    return turns


def _in_order(turns: Messages, where: str) -> None:
    before = ""
    for n, turn in enumerate(turns):
        if turn.role not in _NEXT[before]:
            behind = f"behind {before}" if before else "first"
            raise NotARecord(f"{where}: roles out of order: turn {n} is of {turn.role}, {behind}")
        before = turn.role


def _kind(value: Any) -> str:
    return "null" if value is None else "an empty list" if value == [] else f"a {type(value).__name__}"


def canonical(record: Record) -> str:
    """The record as JSON, the same for equal records."""
    turns = {"messages": (*record.prompt, *record.answer)}
    if record.rejected:
        turns = {"prompt": record.prompt, "chosen": record.answer, "rejected": record.rejected}
    data: dict[str, Any] = {name: [one._asdict() for one in said] for name, said in turns.items()}
    return _json({**data, **({} if record.verifier is None else {"verifier": record.verifier})})


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as e:  # lone surrogates, times, numbers beyond 64 bits, deep nesting
        raise NotARecord(f"cannot be kept as JSON: {e}") from e


def parsed(text: str | None) -> Record:
    """What `canonical` wrote. Raises NotARecord for anything else."""
    try:
        row = orjson.loads(text or "")
    except orjson.JSONDecodeError as e:
        raise NotARecord(f"metadata.{RECORD} is no JSON: {e.msg}" if text else f"metadata has no {RECORD}") from e
    if not isinstance(row, dict):
        raise NotARecord(f"metadata.{RECORD} is {_kind(row)}, not an object")
    return record_of(row)


def plain(record: Record) -> str:
    """Every turn by who speaks, for people and for stages that read text; what is rejected stands there, too, so that
    nothing of a record goes unmeasured but its verifier."""
    said = [f"{one.role.capitalize()}: {one.content}" for one in (*record.prompt, *record.answer)]
    return "\n\n".join([*said, *(f"Rejected: {one.content}" for one in record.rejected)])


def prompt_text(record: Record) -> str:
    """What is asked: the turns of the prompt, a blank line between them."""
    return "\n\n".join(one.content for one in record.prompt)


def records_of(batch: pa.RecordBatch) -> list[Record | NotARecord]:
    """The record of each document, or why it is none: of another format, without one in its metadata, or with a text
    that is no longer the record's (`plain`), as an editing stage leaves it."""
    held = pc.map_lookup(batch.column("metadata"), RECORD, occurrence="last").to_pylist()
    columns = (batch.column(name).to_pylist() for name in ("format", "text"))
    return [_record(*one) for one in zip(*columns, held, strict=True)]


def _record(format: str, text: str, held: str | None) -> Record | NotARecord:
    if format != CHAT:
        return NotARecord(f"format is {format}, not {CHAT}")
    try:
        record = parsed(held)
    except NotARecord as e:
        return e
    if plain(record) != text:
        return NotARecord("its text is no longer that of its record: a stage edited it")
    return record


def prompts(records: Sequence[Record | NotARecord]) -> pa.LargeStringArray:
    """Each record's `prompt_text`; null where there is no record."""
    return pa.array([prompt_text(r) if isinstance(r, Record) else None for r in records], pa.large_string())
