"""The mix of one phase of a finished build, to be compared: its documents, and what took those that it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from curation_lib.audit.builds import BuildRecord, find_build
from curation_lib.audit.queries import Books
from curation_lib.core.errors import ConfigError
from curation_lib.runner.store import Store

LENGTHS = {
    "under 1 KiB": 1 << 10,
    "1 to 4 KiB": 1 << 12,
    "4 to 16 KiB": 1 << 14,
    "16 to 64 KiB": 1 << 16,
    "64 to 256 KiB": 1 << 18,
}
"""Buckets of length, each up to so many bytes of text."""
LONGER = "256 KiB and more"
_LENGTH = " ".join(f"WHEN strlen(text) < {most} THEN '{name}'" for name, most in LENGTHS.items())
_COMPOSITION = f"""SELECT source, coalesce(language, 'und') AS language, license, format,
    CASE {_LENGTH} ELSE '{LONGER}' END AS length,
    count(DISTINCT doc_id) AS documents, count(*) AS rows, sum(strlen(text))::BIGINT AS bytes
    FROM {{parts}} GROUP BY ALL"""
_DOCUMENTS = """SELECT doc_id, min(source) AS source, min(source_id) AS source_id, min(url) AS url,
    min(coalesce(language, 'und')) AS language, min(license) AS license, min(content_hash) AS content_hash,
    min(strlen(text)) AS bytes, count(*) AS copies FROM {%s} GROUP BY doc_id"""
_EMPTY = "SELECT NULL::VARCHAR AS doc_id, 0 AS n, NULL::VARCHAR AS rule WHERE false"


class Mixed(NamedTuple):
    """A side of a comparison. parts: its documents' files; drops: the ledgers of the steps that could take a document
    on its way to this mix, in order, by step."""

    build: str
    phase: str
    parts: list[str]
    drops: Mapping[str, list[str]]

    def composition(self, open_books: Books) -> pa.Table:
        """Distinct documents, rows and bytes of text by source, language, license, format and length."""
        return open_books.table(_COMPOSITION, {"parts": self.parts})


def phases_of(record: BuildRecord) -> list[str]:
    """The phases that the build mixed."""
    return [step["phase"] for step in record.data["steps"] if step["step"] == f"mix.{step['phase']}"]


def mixed(store: Store, record: BuildRecord, phase: str) -> Mixed:
    """One phase of a build; ConfigError names those there are."""
    if phase not in (known := phases_of(record)):
        raise ConfigError(f"build {record.build_id} has no phase {phase!r}; it has {', '.join(known)}")
    phases = {step["step"]: step["phase"] for step in record.data["steps"]}
    steps = [step for step in record.steps(store) if phases[step.id] in (None, phase)]
    parts = next(step.manifest.parts() for step in steps if step.id == f"mix.{phase}")
    ledgers = {step.id: step.manifest.files("drops") for step in steps}
    return Mixed(record.build_id, phase, parts, {step: files for step, files in ledgers.items() if files})


def named(store: Store, name: str) -> tuple[BuildRecord, str]:
    """The build and phase ("" for all) that `BUILD[:PHASE]` names."""
    build, _, phase = name.partition(":")
    return find_build(store, build), phase


def lacking(open_books: Books, has: Mixed, lacks: Mixed) -> pa.Table:
    """The documents of `has` that `lacks` does not hold, by doc_id, with the `step` and `rule` that took each there;
    both null where that build's ledgers do not know it: it was never read, or could not be. Of an id that was read
    twice, the first drop took a copy; the last is what took the document.

    Memory: about 300 bytes for each of them; of the others DuckDB holds ids, and spills.
    """
    if not has.parts:
        return _none(open_books)
    files = {"has": has.parts, "lacks": lacks.parts}
    ledgers = []
    for n, keys in enumerate(lacks.drops.values()):
        files[f"d{n}"] = keys
        ledgers.append(f"SELECT doc_id, {n} AS n, stage || '.' || rule AS rule FROM {{d{n}}}")
    known = "WHERE doc_id NOT IN (SELECT doc_id FROM {lacks})" if lacks.parts else ""
    sql = f"""WITH missing AS (SELECT * FROM ({_DOCUMENTS % "has"}) {known}),
        taken AS (SELECT doc_id, max(struct_pack(n := n, rule := rule)) AS last
                  FROM ({" UNION ALL ".join(ledgers) or _EMPTY})
                  WHERE doc_id IN (SELECT doc_id FROM missing) GROUP BY doc_id)
        SELECT missing.*, last.n AS step, last.rule AS rule FROM missing LEFT JOIN taken USING (doc_id)
        ORDER BY doc_id"""
    found = open_books.table(sql, files)
    steps = pa.array(list(lacks.drops), pa.string()).take(found.column("step").combine_chunks())
    return found.set_column(found.schema.get_field_index("step"), "step", steps)


def _none(open_books: Books) -> pa.Table:
    names = ("doc_id", "source", "source_id", "url", "language", "license", "content_hash", "step", "rule")
    text = ", ".join(f"NULL::VARCHAR AS {name}" for name in names)
    return open_books.table(f"SELECT {text}, 0::BIGINT AS bytes, 0::BIGINT AS copies WHERE false", {})


def both(open_books: Books, before: Mixed, after: Mixed) -> dict[str, int]:
    """Documents in both: how many, of those with `other_text`, and standing there `more_often` or `less_often`."""
    names = ("documents", "other_text", "more_often", "less_often")
    if not (before.parts and after.parts):
        return dict.fromkeys(names, 0)
    sql = f"""SELECT count(*) AS documents, count(*) FILTER (a.content_hash <> b.content_hash) AS other_text,
        count(*) FILTER (b.copies > a.copies) AS more_often, count(*) FILTER (b.copies < a.copies) AS less_often
        FROM ({_DOCUMENTS % "a"}) AS a JOIN ({_DOCUMENTS % "b"}) AS b USING (doc_id)"""
    (row,) = open_books.table(sql, {"a": before.parts, "b": after.parts}).to_pylist()
    return {name: row[name] for name in names}
