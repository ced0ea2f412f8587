"""What a build held of benchmarks: items hit, documents dropped, cut or let stay, near-misses apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from curation_lib.audit.builds import Step, find_build
from curation_lib.audit.queries import Books, books
from curation_lib.core.errors import ConfigError
from curation_lib.filters.contamination import Hit, added, counts_of
from curation_lib.filters.decontaminate import STAGE, common, counted
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store

PREVIEW = 300
Report = dict[str, Any]


class _Found(NamedTuple):
    """One hit that counts: its document, its share, and what became of the document."""

    doc_id: str
    source_id: str
    hit: Hit
    share: float
    fate: str


def contamination(store: Store, build: str, examples: int = 3) -> Report:
    """`corpus`, `build`, and per decontamination step, in order, its `settings` and `benchmarks`: `items`, `searched`
    (items long enough to be found), `items_hit`, `documents` that hold one, of which `dropped` and `cut` by the step,
    `near_items` and `near_documents`, and `examples` of `hits` and `near_misses`, largest shares first.

    A hit and a near-miss are what exceeds `max_contamination`. Raises ConfigError where the build has no such step.
    """
    record = find_build(store, build)
    steps = [step for step in record.steps(store) if STAGE.name in step.manifest.facts.get("scores", {})]
    if not steps:
        raise ConfigError(f"build {record.build_id} was not decontaminated; add {STAGE.name} to its recipe")
    with books(store) as open_books:
        told = [_step(open_books, step, examples) for step in steps]
    return {"corpus": record.corpus, "build": record.build_id, "steps": told}


def _step(open_books: Books, step: Step, examples: int) -> Report:
    settings = next(s["config"] for s in step.manifest.stages if s["stage"] == STAGE.name)
    facts, found = step.manifest.facts["models"][STAGE.name], list(_found(open_books, step, settings))
    rows = [
        {
            "benchmark": benchmark["name"],
            "items": facts["items"][number],
            "searched": facts["searched"][number],
            **_told(open_books, step, [f for f in found if f.hit["benchmark"] == benchmark["name"]], examples),
        }
        for number, benchmark in enumerate(settings["benchmarks"])
    ]
    return {"step": step.id, "settings": settings, "benchmarks": rows}


def _found(open_books: Books, step: Step, settings: Report) -> Iterator[_Found]:
    """Every hit over `max_contamination`, in the order of the documents."""
    directory, shards = step.manifest.facts["scores"][STAGE.name], len(step.manifest.shards)
    keys = [f"{directory}/part-{n:05d}.parquet" for n in range(shards)]
    columns = ("doc_id", "source_id", "hits")
    rows = open_books.rows(keys, "len(hits) > 0", [], "ORDER BY doc_id, source_id", columns)
    shared = common(added([counts_of(row["hits"] for row in rows)]), settings["common_documents"])
    limit, fates = settings["max_contamination"] or 0.0, _fates(open_books, step)
    for row in rows:
        for hit, share in counted(row["hits"], shared):
            if share > limit:
                yield _Found(row["doc_id"], row["source_id"], hit, share, fates.get(row["doc_id"], "kept"))


def _fates(open_books: Books, step: Step) -> dict[str, str]:
    """What became of documents: `cut`, `dropped`, or `dropped by` another stage of the block."""
    columns = ("doc_id", "stage")
    cut = open_books.rows(step.manifest.files("edits"), "stage = ?", [STAGE.name], columns=columns)
    gone = open_books.rows(step.manifest.files("drops"), "true", [], columns=columns)
    others = {row["doc_id"]: f"dropped by {row['stage']}" for row in gone if row["stage"] != STAGE.name}
    own = {row["doc_id"]: "dropped" for row in gone if row["stage"] == STAGE.name}
    return {**{row["doc_id"]: "cut" for row in cut}, **others, **own}


def _told(open_books: Books, step: Step, found: Sequence[_Found], examples: int) -> Report:
    hits = [f for f in found if not f.hit["near"]]
    near = [f for f in found if f.hit["near"]]
    by_fate = {fate: {f.doc_id for f in hits if f.fate == fate} for fate in ("dropped", "cut")}
    return {
        "items_hit": len({f.hit["item"] for f in hits}),
        "documents": len({f.doc_id for f in hits}),
        **{fate: len(ids) for fate, ids in by_fate.items()},
        "near_items": len({f.hit["item"] for f in near}),
        "near_documents": len({f.doc_id for f in near}),
        "examples": {
            "hits": _examples(open_books, step, hits, examples),
            "near_misses": _examples(open_books, step, near, examples),
        },
    }


def _examples(open_books: Books, step: Step, found: Sequence[_Found], count: int) -> list[Report]:
    shown = sorted(found, key=lambda f: (-f.share, f.doc_id))[:count]
    keys = [key for d in step.manifest.inputs for key in complete(open_books.store, d).parts()]
    where = f"doc_id IN ({', '.join('?' * len(shown))})"
    columns = ("doc_id", "url", "text")
    texts = open_books.rows(keys, where, [f.doc_id for f in shown], columns=columns) if shown else []
    by_id = {row["doc_id"]: row for row in texts}
    return [
        {
            "doc_id": f.doc_id,
            "source_id": f.source_id,
            "url": by_id[f.doc_id]["url"],
            **{name: f.hit[name] for name in ("item", "field", "spans")},
            "share": f.share,
            "fate": f.fate,
            "text": _excerpt(by_id[f.doc_id]["text"].encode(), f.hit),
        }
        for f in shown
    ]


def _excerpt(text: bytes, hit: Hit) -> str:
    pieces = (text[span["start"] : span["stop"]].decode() for span in hit["spans"])
    return " … ".join(piece.strip() for piece in pieces)[:PREVIEW]
