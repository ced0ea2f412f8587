"""Opens every file of an export with the library that trainers use, and holds what it finds against the manifest."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from curation_lib.audit import trainer_reads
from curation_lib.audit.builds import find_build
from curation_lib.core.errors import ConfigError
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.publish import published
from curation_lib.runner.store import Store

READERS = ".venv-readers/bin/python"
"""Where `make setup-readers` puts the Python that has the libraries."""


@dataclass(frozen=True)
class Checked:
    """One format of one phase: what the manifest says, what the library found (None where it failed) and what is wrong
    with the files."""

    phase: str
    format: str
    expected: Mapping[str, int]
    found: Mapping[str, int] | None
    wrong: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether files and counts are what the manifest says."""
        return not self.wrong and self.found == self.expected


def check_exports(store: Store, build: str, phase: str | None, python: str = READERS) -> Iterator[Checked]:
    """Every format of every phase of the build, or of one. ConfigError where there is no such phase or reader."""
    exports = [step.manifest for step in find_build(store, build).steps(store) if step.kind == "export"]
    chosen = [m for m in exports if phase in (None, m.facts["phase"])]
    if not chosen:
        raise ConfigError(f"--phase {phase}: phases are {', '.join(m.facts['phase'] for m in exports)}")
    for manifest in chosen:
        yield from _every_format(store, manifest, python)


def check_files(output: str, python: str = READERS) -> Iterator[Checked]:
    """Every format of what `winnow export write` wrote to `output`. ConfigError where there is no such thing."""
    remedy = "give what `winnow export write` wrote, or a build and its --store"
    place, manifest = published(output, remedy)
    if manifest is None or "formats" not in manifest.facts:
        raise ConfigError(f"{output}: no export; {remedy}")
    above, _, name = place.url.rpartition("/")
    yield from _every_format(Store(above), replace(manifest, directory=name), python)


def _every_format(store: Store, manifest: Manifest, python: str) -> Iterator[Checked]:
    if not Path(python).is_file():
        raise ConfigError(f"--readers {python}: no such Python; `make setup-readers` makes one, 1.5 GB")
    for name in formats_of(manifest):
        yield _checked(store, manifest, name, python)


def _checked(store: Store, manifest: Manifest, name: str, python: str) -> Checked:
    with tempfile.TemporaryDirectory(prefix="winnow-check-") as folder:
        wrong = [*_fetched(store, manifest, name, Path(folder))]
        found = None if wrong else _read(name, Path(folder), python)
    if isinstance(found, str):
        wrong, found = [found], None
    return Checked(manifest.facts["phase"], name, expected(manifest, name), found, tuple(wrong))


def formats_of(manifest: Manifest) -> Mapping[str, Mapping[str, int]]:
    """What each format holds. Exports that say nothing of it are older: a row per document in each of their files."""
    kinds = sorted({kind for entry in manifest.shards for kind in entry.files})
    found: Mapping[str, Mapping[str, int]] = manifest.facts.get("formats") or {
        kind: {"rows": manifest.counts["kept"]} for kind in kinds
    }
    return found


def expected(manifest: Manifest, name: str) -> dict[str, int]:
    """What a reader has to find: rows, samples or sequences; all ids, or the sum of the rows' counts, or 0."""
    counts = formats_of(manifest)[name]
    rows = sum(counts.get(kind, 0) for kind in ("rows", "samples", "sequences"))
    tokens = sum(counts.get(kind, 0) for kind in ("tokens", "ends", "padding"))
    if name in ("parquet", "jsonl", "chat"):
        tokens = sum(group["tokens"] for group in manifest.facts["composition"])
    return {"rows": rows, "tokens": tokens}


def _fetched(store: Store, manifest: Manifest, name: str, folder: Path) -> Iterator[str]:
    """Copy the format's files into `folder`; says of each that is not what the manifest says it is."""
    parts = [(f.path, f.sha256) for e in manifest.shards for f in e.files.values()]
    beside = [(path, fact["sha256"]) for path, fact in manifest.facts.get("files", {}).items()]
    for path, sha256 in (pair for pair in (*parts, *beside) if pair[0].startswith(f"{name}/")):
        target = folder / path.removeprefix(f"{name}/")
        try:
            store.fs.get_file(store.path(f"{manifest.directory}/{path}"), str(target))
        except FileNotFoundError:
            yield f"{path} is missing"
            continue
        with target.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                yield f"{path} has other bytes than were written"


def _read(name: str, folder: Path, python: str) -> dict[str, int] | str:
    command = [python, "-W", "ignore", trainer_reads.__file__, name, str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        return f"its library fails: {(run.stderr.strip() or 'without a word').splitlines()[-1]}"
    found: dict[str, int] = json.loads(run.stdout.strip().splitlines()[-1])
    return found


def as_json(one: Checked) -> dict[str, Any]:
    """The check as plain data."""
    return {**vars(one), "ok": one.ok}
