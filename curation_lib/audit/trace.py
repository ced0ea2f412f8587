"""What happened to a document and why, step by step: dropped, quarantined, edited, kept, exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.audit.builds import BuildRecord, Step, find_build, list_builds
from curation_lib.audit.generated import is_generation
from curation_lib.audit.identities import identities
from curation_lib.audit.queries import Books, books
from curation_lib.audit.twins import twin_of
from curation_lib.core.errors import ConfigError
from curation_lib.runner.gates import document_parts
from curation_lib.runner.store import Store


def trace(store: Store, document: str, build: str | None = None) -> list[dict[str, Any]]:
    """One history per matching document and build: `doc_id, url, source, outcome, events`.

    `document` is a doc_id, a URL, a source_id or, for what was never a document, its locator. Raises ConfigError
    where no build knows it.
    """
    records = [find_build(store, build)] if build else list_builds(store)
    if not records:
        raise ConfigError(f"{store.url} holds no finished build; run `winnow build` first")
    with books(store) as open_books:
        found = [h for record in records for h in _in_build(open_books, record, document)]
    if not found:
        raise ConfigError(f"no build in {store.url} has read {document!r}; give a doc_id, a full URL or a source_id")
    return found


def _in_build(open_books: Books, record: BuildRecord, document: str) -> list[dict[str, Any]]:
    steps = record.steps(open_books.store)
    return [
        {"build": record.build_id, "corpus": record.corpus, **history(open_books, steps, who)}
        for who in identities(open_books, steps, document)
    ]


def history(open_books: Books, steps: Sequence[Step], who: dict[str, Any], scores: bool = True) -> dict[str, Any]:
    """`who` with its `outcome` and `events` in the build of `steps`; without `scores` these are not looked up."""
    events: list[dict[str, Any]] = []
    for step in steps:
        if step.kind == "ingest" and step.manifest.facts.get("source") != who["source"]:
            continue
        found = _events(open_books, step, who, scores)
        if found and is_generation(step):
            found = _family(open_books, step, who["doc_id"], born=not events) or found
        events.extend(found)
        if gone := _gone(step, found):
            return {**who, "outcome": gone, "events": events}
    return {**who, "outcome": "kept", "events": events}


def _family(open_books: Books, step: Step, doc_id: str, born: bool) -> list[dict[str, Any]]:
    """Of a document that the step wrote, what it was made from and how; of a parent, its children."""
    columns = (
        "doc_id",
        "parents",
        *(f"metadata['synthetic_{name}'] AS {name}" for name in ("form", "outcome", "model")),
    )
    where = "doc_id = ? OR list_contains(parents, ?)"
    rows = open_books.rows(step.manifest.parts(), where, [doc_id] * 2, "ORDER BY doc_id", columns)
    if born:
        own = next(row for row in rows if row.pop("doc_id") == doc_id)
        return [{"step": step.id, "event": "generated", **own}]
    children = [row["doc_id"] for row in rows if row["doc_id"] != doc_id]
    return [{"step": step.id, "event": "kept", **({"children": children} if children else {})}]


def _gone(step: Step, found: Sequence[dict[str, Any]]) -> str | None:
    """How the document left the build at `step`; a mix or an export takes it from one phase only."""
    kinds = [e["event"] for e in found]
    if {"kept", "generated"} & set(kinds) or step.kind == "export" or step.id.startswith("mix."):
        return None
    return next((kind for kind in kinds if kind in ("dropped", "quarantined")), None)


def _events(open_books: Books, step: Step, who: dict[str, Any], scores: bool) -> list[dict[str, Any]]:
    manifest, at, doc_id = step.manifest, {"step": step.id}, who["doc_id"]
    if step.kind == "order":  # takes nothing away: what a mix took, its export holds
        return []
    if step.kind == "export":
        files = document_parts(manifest, open_books.store)
        rows = open_books.rows(files, "doc_id = ?", [doc_id], columns=("doc_id",))
        return [{**at, "event": "exported", "phase": manifest.facts["phase"], "copies": len(rows)}] if rows else []
    edits = open_books.rows(manifest.files("edits"), "doc_id = ?", [doc_id])
    drops = open_books.rows(manifest.files("drops"), "doc_id = ?", [doc_id])
    events = [
        *({**at, **edit} for edit in _edits(edits)),
        *(_dropped(open_books, step, row) for row in drops),
        *({**at, **row} for row in _quarantined(open_books, step, who)),
    ]
    kept = open_books.rows(manifest.parts(), "doc_id = ?", [doc_id], columns=("doc_id",))
    if kept:  # perhaps beside a drop: one of two with its id stays
        found = {"scores": _scores(open_books, step, doc_id)} if scores else {}
        events.append({**at, "event": "kept", **found})
    return events


def _quarantined(open_books: Books, step: Step, who: dict[str, Any]) -> list[dict[str, Any]]:
    where, values = "source = ? AND locator = ?", [who["source"], who["source_id"]]
    rows = open_books.rows(step.manifest.files("quarantine"), where, values)
    return [{"event": "quarantined", "error": row["error"]} for row in rows]


def _edits(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One event per rule that cut something: how many spans, how many bytes (the ledger holds each span)."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        fresh = {"event": "edited", "stage": row["stage"], "rule": row["rule"], "spans": 0, "bytes": 0}
        event = found.setdefault((row["stage"], row["rule"]), fresh)
        event["spans"] += 1
        event["bytes"] += row["end"] - row["start"]
    return [found[key] for key in sorted(found)]


def _dropped(open_books: Books, step: Step, row: dict[str, Any]) -> dict[str, Any]:
    names = ("stage", "rule", "score", "threshold", "evidence", "kept_twin", "also_failed")
    event = {"step": step.id, "event": "dropped", **{n: row[n] for n in names if row[n] not in (None, [])}}
    return {**event, **twin_of(open_books, step.manifest, row["kept_twin"])}


def _scores(open_books: Books, step: Step, doc_id: str) -> dict[str, Any]:
    scores: dict[str, Any] = {}
    for name, directory in step.manifest.facts.get("scores", {}).items():
        keys = [f"{directory}/part-{n:05d}.parquet" for n in range(len(step.manifest.shards))]
        for row in open_books.rows(keys, "doc_id = ?", [doc_id]):
            scores[name] = {k: v for k, v in row.items() if k not in ("doc_id", "source_id", "file")}
    return scores
