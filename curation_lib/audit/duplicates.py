"""What a build said twice: duplicate rates, clusters and their differences, for each step that removes duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from curation_lib.audit.builds import Step, find_build
from curation_lib.audit.clusters import clustered, distribution, largest
from curation_lib.audit.differences import LIMIT, differences
from curation_lib.audit.queries import Books, books
from curation_lib.core.errors import ConfigError
from curation_lib.runner.lineage import complete
from curation_lib.runner.released import released_by
from curation_lib.runner.store import Store

Report = dict[str, Any]
_COUNTED = "SELECT source, language, count(*) AS n FROM {documents} GROUP BY ALL"
_DROPPED = """
    WITH language_of AS (
        SELECT doc_id, min(language) AS language FROM {documents}
        WHERE doc_id IN (SELECT doc_id FROM {drops}) GROUP BY doc_id
    )
    SELECT source, language, count(*) AS n FROM {drops} LEFT JOIN language_of USING (doc_id) GROUP BY ALL
"""
_TEXTS = """
    SELECT doc_id, source, source_id, url, text[:$limit] AS text FROM {documents}
    WHERE doc_id IN (SELECT unnest($ids)) ORDER BY doc_id, source_id, text
"""


def duplicates(store: Store, build: str) -> Report:
    """`corpus`, `build`, and per dedup step, in order: `documents`, `dropped`, `quarantined`, `rate`; the same
    `by_source` and `by_language`; `clusters` with their `sizes` and the `largest`, each with leader, samples and diff.

    Raises ConfigError where the build has no such step.
    """
    record = find_build(store, build)
    steps = [step for step in record.steps(store) if step.manifest.label.startswith("dedup.")]
    if not steps:
        raise ConfigError(
            f"build {record.build_id} removes no duplicates; add dedup.exact or dedup.minhash to its recipe"
        )
    with books(store) as open_books:
        return {"corpus": record.corpus, "build": record.build_id, "steps": [_step(open_books, s) for s in steps]}


def _step(open_books: Books, step: Step) -> Report:
    counts, files = step.manifest.counts, _files(open_books, step)
    dropped = sum(counts["dropped"].values())
    return {
        "step": step.id,
        "settings": step.manifest.stages[0]["config"],
        "documents": counts["rows_in"],
        "dropped": dropped,
        "quarantined": sum(counts["quarantined"].values()),
        "edited_spans": counts["edited"],
        "rate": dropped / counts["rows_in"] if counts["rows_in"] else 0.0,
        **_rates(open_books, files),
        "clusters": _clusters(open_books, step, files),
    }


def _files(open_books: Books, step: Step) -> dict[str, list[str]]:
    inputs = [key for directory in step.manifest.inputs for key in complete(open_books.store, directory).parts()]
    kinds = {kind: step.manifest.files(kind) for kind in ("drops", "edges")}
    return {"documents": inputs, **kinds}


def _rates(open_books: Books, files: dict[str, list[str]]) -> Report:
    every, gone = (open_books.table(sql, files).to_pylist() for sql in (_COUNTED, _DROPPED))
    return {f"by_{name}": _by(name, every, gone) for name in ("source", "language")}


def _by(name: str, every: Iterable[dict[str, Any]], gone: Iterable[dict[str, Any]]) -> list[Report]:
    """Rates by `name`, most documents first; what has none is called unknown."""
    documents, dropped = (Counter[str]() for _ in range(2))
    for rows, counter in ((every, documents), (gone, dropped)):
        for row in rows:
            counter[row[name] or "unknown"] += row["n"]
    ordered = sorted(documents, key=lambda key: (-documents[key], key))
    return [
        {name: key, "documents": documents[key], "dropped": dropped[key], "rate": dropped[key] / documents[key]}
        for key in ordered
    ]


def _clusters(open_books: Books, step: Step, files: dict[str, list[str]]) -> Report:
    if not files["edges"]:
        return {"count": 0, "documents": 0, "sizes": [], "largest": []}
    edges = open_books.table("SELECT doc_id, twin, similarity FROM {edges}", files)
    gone = open_books.table("SELECT doc_id FROM {drops} WHERE kept_twin IS NOT NULL", files)
    found = clustered(edges, gone)
    return {
        "count": len(found.sizes),
        "documents": int(found.sizes.sum()),
        "sizes": distribution(found.sizes),
        "largest": _told(open_books, step, files, largest(found)),
    }


def _told(open_books: Books, step: Step, files: dict[str, list[str]], clusters: Sequence[Report]) -> list[Report]:
    """The clusters with who their documents are, and how the leader and the document least like it differ."""
    leaders = _leaders(open_books, step, [c["leader"] for c in clusters])
    members = _looked_up(open_books, files["documents"], [s["doc_id"] for c in clusters for s in c["samples"]])
    return [
        {
            **cluster,
            "leader": _identity(leaders, cluster["leader"]),
            "samples": [{**_identity(members, s["doc_id"]), "similarity": s["similarity"]} for s in cluster["samples"]],
            "diff": _diff(leaders.get(cluster["leader"]), members.get(cluster["samples"][0]["doc_id"])),
        }
        for cluster in clusters
    ]


def _leaders(open_books: Books, step: Step, ids: Sequence[str]) -> dict[str, Report]:
    """Kept documents by doc_id: those of the step, and those of the releases that it was compared with."""
    found = _looked_up(open_books, step.manifest.parts(), ids)
    for release in released_by(step.manifest, open_books.store):
        missing = [doc_id for doc_id in ids if doc_id not in found]
        if missing and release.parts():
            found |= _looked_up(open_books.of(release.folder), release.parts(), missing)
    return found


def _diff(leader: Report | None, member: Report | None) -> Report | None:
    """None where a text is nowhere any more."""
    return differences(leader["text"], member["text"]) if leader and member else None


def _identity(found: dict[str, Report], doc_id: str) -> Report:
    row = found.get(doc_id, {})
    return {"doc_id": doc_id, **{name: row.get(name) for name in ("source", "source_id", "url")}}


def _looked_up(open_books: Books, keys: list[str], ids: Sequence[str]) -> dict[str, Report]:
    """The documents by doc_id with the head of their text; of those with one id the first by source_id and text."""
    table: pa.Table = open_books.table(_TEXTS, {"documents": keys}, ids=sorted(set(ids)), limit=LIMIT + 1)
    found: dict[str, Report] = {}
    for row in table.to_pylist():
        found.setdefault(row["doc_id"], row)
    return found
