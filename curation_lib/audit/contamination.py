"""What a build held of benchmarks: items hit, documents dropped, cut or let stay, near-misses apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from curation_lib.audit.builds import find_build
from curation_lib.audit.queries import Books, books
from curation_lib.audit.screened import Report, Screened, of_build, of_folder
from curation_lib.core.errors import ConfigError
from curation_lib.filters.decontaminate import STAGE, common, counted
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store
from curation_lib.text.contamination import Hit, added, counts_of

PREVIEW = 300


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
    told = _reported(store, [of_build(step, store) for step in steps], examples)
    return {"corpus": record.corpus, "build": record.build_id, "steps": told}


def contamination_of_folder(folder: Store, manifest: Manifest, examples: int = 3) -> Report:
    """The same, with `folder` for corpus and build, of a folder that `winnow stage` wrote. It holds no texts of what
    was dropped or cut: `text` is then null among the examples.

    Raises ConfigError where its last step was not decontaminated.
    """
    scores = [key for key in folder.list(f"scores/{STAGE.name}") if key.endswith(".parquet")]
    if STAGE.name not in manifest.facts.get("scores", {}) or not scores:
        raise ConfigError(
            f"{folder.url} was not written by `winnow stage {STAGE.name}`, by itself or last in a row; run it so"
        )
    return {"folder": folder.url, "steps": _reported(folder, [of_folder(manifest, sorted(scores))], examples)}


def _reported(store: Store, steps: Sequence[Screened], examples: int) -> list[Report]:
    with books(store) as open_books:
        return [_step(open_books, step, examples) for step in steps]


def _step(open_books: Books, step: Screened, examples: int) -> Report:
    found = list(_found(open_books, step))
    rows = [
        {
            "benchmark": benchmark["name"],
            "items": step.facts["items"][number],
            "searched": step.facts["searched"][number],
            **_told(open_books, step, [f for f in found if f.hit["benchmark"] == benchmark["name"]], examples),
        }
        for number, benchmark in enumerate(step.settings["benchmarks"])
    ]
    return {"step": step.step, "settings": step.settings, "benchmarks": rows}


def _found(open_books: Books, step: Screened) -> Iterator[_Found]:
    """Every hit over `max_contamination`, in the order of the documents."""
    columns = ("doc_id", "source_id", "hits")
    rows = open_books.rows(step.scores, "len(hits) > 0", [], "ORDER BY doc_id, source_id", columns)
    shared = common(added([counts_of(row["hits"] for row in rows)]), step.settings["common_documents"])
    limit, fates = step.settings["max_contamination"] or 0.0, _fates(open_books, step)
    for row in rows:
        for hit, share in counted(row["hits"], shared):
            if share > limit:
                yield _Found(row["doc_id"], row["source_id"], hit, share, fates.get(row["doc_id"], "kept"))


def _fates(open_books: Books, step: Screened) -> dict[str, str]:
    """What became of documents: `cut`, `dropped`, or `dropped by` another stage of the block."""
    columns = ("doc_id", "stage")
    cut = open_books.rows(step.edits, "stage = ?", [STAGE.name], columns=columns)
    gone = open_books.rows(step.drops, "true", [], columns=columns)
    others = {row["doc_id"]: f"dropped by {row['stage']}" for row in gone if row["stage"] != STAGE.name}
    own = {row["doc_id"]: "dropped" for row in gone if row["stage"] == STAGE.name}
    return {**{row["doc_id"]: "cut" for row in cut}, **others, **own}


def _told(open_books: Books, step: Screened, found: Sequence[_Found], examples: int) -> Report:
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


def _examples(open_books: Books, step: Screened, found: Sequence[_Found], count: int) -> list[Report]:
    shown = sorted(found, key=lambda f: (-f.share, f.doc_id))[:count]
    urls, texts = _shown(open_books, step, [f.doc_id for f in shown])
    return [
        {
            "doc_id": f.doc_id,
            "source_id": f.source_id,
            "url": urls[f.doc_id],
            **{name: f.hit[name] for name in ("item", "field", "spans")},
            "share": f.share,
            "fate": f.fate,
            "text": _excerpt(texts[f.doc_id].encode(), f.hit) if f.fate == "kept" or not step.by_fate else None,
        }
        for f in shown
    ]


def _shown(open_books: Books, step: Screened, ids: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """URLs and texts by doc_id; of documents that went the ledger has the URL."""
    if not ids:
        return {}, {}
    where = f"doc_id IN ({', '.join('?' * len(ids))})"
    gone = open_books.rows(step.drops, where, ids, columns=("doc_id", "url"))
    there = open_books.rows(step.texts, where, ids, columns=("doc_id", "url", "text"))
    return {row["doc_id"]: row["url"] for row in (*gone, *there)}, {row["doc_id"]: row["text"] for row in there}


def _excerpt(text: bytes, hit: Hit) -> str:
    pieces = (text[span["start"] : span["stop"]].decode() for span in hit["spans"])
    return " … ".join(piece.strip() for piece in pieces)[:PREVIEW]
