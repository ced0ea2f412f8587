"""Small corpora as real files, and recipes that build them: every shape of input, good and bad."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation_lib.core.recipe import Recipe, parse_recipe
from curation_lib.runner.build import Build, new_session, record_build, run_build, upstream_manifests
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.plan import plan
from curation_lib.runner.steps import run_step
from curation_lib.runner.store import Store

_WORDS = (
    "river village morning harvest teacher window garden letter mountain winter market bridge captain forest "
    "question answer evening number island journey kitchen library machine neighbour orchard painter quarter "
    "railway season theatre uncle valley weather yellow ancient broken careful distant early famous gentle honest "
    "carried opened watched followed remembered wanted turned called waited brought found crossed built"
).split()
_SMALL = "the and of to with that have be in on from was".split()
SHARED = "This paragraph of more than ten words stands in two of the documents, word for word."
RAW = {"identify_language": False}
"""Settings of a normalizer that needs no model."""


def prose(seed: int, sentences: int = 16) -> str:
    """Sentences of English words, two a line: long and varied enough that no rule of a filter takes them."""
    rng = random.Random(seed)
    made = [_sentence(rng) for _ in range(sentences)]
    return "\n".join(" ".join(made[i : i + 2]) for i in range(0, sentences, 2))


def _sentence(rng: random.Random) -> str:
    words = [rng.choice(_SMALL if i % 3 == 0 else _WORDS) for i in range(rng.randint(9, 15))]
    return " ".join(words).capitalize() + "."


def write_jsonl(path: Path, rows: Iterable[dict[str, Any] | bytes]) -> Path:
    """One row a line; bytes are written as they stand. `.gz` by the name."""
    lines = b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(lines, mtime=0) if path.suffix == ".gz" else lines)
    return path


def write_warc(path: Path, records: Sequence[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(gzip.compress(r, mtime=0) for r in records))
    return path


def response(url: str, body: bytes, media_type: str = "text/html; charset=utf-8") -> bytes:
    """A WARC response record."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: " + media_type.encode() + b"\r\n\r\n" + body
    return _record("response", http, url, "application/http; msgtype=response")


def warcinfo() -> bytes:
    return _record("warcinfo", b"software: a test\r\n", None, "application/warc-fields")


def _record(kind: str, block: bytes, url: str | None, content_type: str) -> bytes:
    digest = hashlib.sha256(block + str(url).encode()).hexdigest()
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}>",
        "WARC-Date: 2024-05-06T07:08:09Z",
        *([f"WARC-Target-URI: {url}"] if url else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def page(seed: int) -> bytes:
    paragraphs = "".join(f"<p>{line}</p>" for line in prose(seed).split("\n"))
    return f"<html><head><title>Page {seed}</title></head><body><main>{paragraphs}</main></body></html>".encode()


def rows(first: int, count: int, **extra: Any) -> list[dict[str, Any]]:
    """`count` rows with texts that no other row has."""
    return [
        {"id": f"doc-{n}", "url": f"https://a.example/{n}", "text": prose(n), **extra}
        for n in range(first, first + count)
    ]


def write_inputs(folder: Path) -> Path:
    """JSONL, Parquet and WARC with everything that happens to documents: copies, near-copies, repeated ids, junk
    for each kind of filter, lines to edit, licences that may not leave, lines and records that cannot be read.
    """
    books = rows(0, 40)
    near = prose(1).replace("river", "stream", 1) + "\nOne more line stands at the end of this text."
    junk = [
        {"id": "copy", "text": prose(0)},
        {"id": "near", "text": near},
        {"id": "doc-2", "text": prose(2)},
        {"id": "doc-3", "text": prose(77_003)},
        {"id": "short", "text": "Too short to keep."},
        {"id": "repeated", "text": "The same line again and again.\n" * 40},
        {"id": "lines", "text": prose(50) + "\nPlease turn javascript on to read this page.\nshort"},
        {"id": "braces", "text": prose(51) + "\nfunction () { return 1; }."},
        {"id": "unlicensed", "text": prose(52), "license": "unknown"},
        {"id": "forbidden", "text": prose(53), "license": "CC-BY-NC-4.0"},
        {"id": "empty", "text": ""},
        {"id": "recrawled", "url": "http://a.example/7/?utm_source=letter", "text": prose(54)},
        {"id": "quoting", "text": prose(55) + "\n" + "\n".join(prose(4).split("\n")[2:6]) + "\n" + prose(56)},
        *({"id": f"shared-{n}", "text": f"{prose(n)}\n\n{SHARED}\n\n{prose(n + 100)}"} for n in (57, 58)),
        b"{not json",
        {"id": "textless", "body": "nothing"},
        b'{"id": "list", "text": ["no string"]}',
    ]  # fmt: skip
    write_jsonl(folder / "books" / "a.jsonl", books[:20])
    write_jsonl(folder / "books" / "b.jsonl.gz", books[20:])
    write_jsonl(folder / "books" / "c.jsonl", junk)
    table = pa.Table.from_pylist([{**r, "id": f"row-{r['id']}"} for r in rows(200, 24)])
    (folder / "table").mkdir(parents=True)
    pq.write_table(table, folder / "table" / "t.parquet")
    pages = [response(f"https://b.example/{n}", page(n)) for n in range(300, 312)]
    image = response("https://b.example/logo.png", b"\x89PNG....", "image/png")
    write_warc(folder / "pages" / "p.warc.gz", [warcinfo(), *pages[:6], image, *pages[6:]])
    write_warc(folder / "pages" / "q.warc.gz", [warcinfo(), response("https://b.example/copy", page(300))])
    write_records(folder / "records")
    return folder


def asked(n: int) -> dict[str, Any]:
    """A prompt and its answer that no other has."""
    return {"id": f"asked-{n}", "prompt": prose(n, 2), "answer": prose(n + 1000)}


def write_records(folder: Path) -> Path:
    """JSONL and Parquet with every kind of record, a prompt asked twice, and rows that are none."""
    turns = [{"role": "user", "content": prose(420, 2)}, {"role": "assistant", "content": prose(421)}]
    more = [
        {"id": "talk", "messages": [*turns, {"role": "user", "content": prose(422, 2)}, {**turns[1], "content": prose(423)}]},
        {"id": "pair", "prompt": prose(424, 2), "chosen": prose(425), "rejected": prose(426), "verifier": {"kind": "judge"}},
        {**asked(400), "id": "again", "prompt": prose(400, 2).upper(), "answer": prose(430)},
        {"id": "unanswered", "prompt": "What is asked and never answered?"},
        {"id": "same", "prompt": "Which?", "chosen": "This one.", "rejected": "This one."},
    ]  # fmt: skip
    write_jsonl(folder / "a.jsonl", [*(asked(n) for n in range(400, 406)), *more])
    pq.write_table(pa.Table.from_pylist([asked(n) for n in range(406, 410)]), folder / "b.parquet")
    return folder


def simple(inputs: Path, **changes: Any) -> dict[str, Any]:
    """A recipe of one JSONL source, exact dedup, a block of two filters and one phase, as plain data."""
    return {
        "corpus": "small",
        "sources": {"books": {"stage": "sources.jsonl", "paths": str(inputs), "license": "MIT", "normalize": [{"normalize.plain": RAW}]}},
        "stages": ["dedup.exact", {"filters.length": {"min_characters": 30}}, {"filters.gopher_quality": {"min_stop_words": 0}}],
        "licenses": {"allow": ["MIT"]},
        "mixes": {"pretrain": {"default_weight": 1.0}},
        **changes,
    }  # fmt: skip


def simple_inputs(folder: Path, files: int = 3, each: int = 8) -> Path:
    """JSONL files of `each` good rows, and one short document in the first."""
    for n in range(files):
        extra = [{"id": "tiny", "text": "Too short."}] if n == 0 else []
        write_jsonl(folder / f"f{n}.jsonl", [*rows(n * each, each), *extra])
    return folder


def build(recipe: dict[str, Any] | Recipe, store: Path | str, workers: int = 1, **options: Any) -> Build:
    """Build a recipe in this process."""
    parsed = recipe if isinstance(recipe, Recipe) else parse_recipe(recipe)
    return run_build(parsed, Store(str(store)), LocalScheduler(workers), **options)


def run_steps(
    recipe: dict[str, Any], store: Path | str, workers: int = 1, until: str | None = None, **options: Any
) -> Build:
    """Every step of a recipe as a build runs it, without lock and gates: these take most of a small build's time."""
    parsed, place = parse_recipe(recipe), Store(str(store))
    session = new_session(parsed, place, LocalScheduler(workers), **options)
    done = Build(parsed.corpus, place.url)
    for step in plan(parsed):
        if step.kind == "record":
            done.build_id = record_build(session, done.directories())
        else:
            done.steps.append(run_step(step, upstream_manifests(step, done.directories(), place), session))
        if step.id == until:
            break
    return done


def tree(folder: Path, *skip: str) -> dict[str, str]:
    """Every file below `folder` by its sha256, without paths that hold one of `skip`."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    named = {p.relative_to(folder).as_posix(): p for p in files}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in named.items()
        if not any(s in name for s in skip)
    }
