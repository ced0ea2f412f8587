"""Commit records: a piece of work that is done, with its files, is never done again.

A record's key is the fingerprint of the work and the hash of its input; its content says where the files lie
and what they hash to. Work is deterministic, so two tries that race write the same bytes and either record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from curation_lib.core.errors import StoreError
from curation_lib.runner.manifest import File
from curation_lib.runner.store import Store, Written, canonical_json


@dataclass
class Outputs:
    """The files that one piece of work writes, by kind. `paths` gives their place in `directory`."""

    store: Store
    directory: str
    paths: dict[str, str]
    files: dict[str, File] = field(default_factory=dict)

    @contextmanager
    def writing(self, kind: str) -> Iterator[Written]:
        """A file to write to; in the store, whole, when the block ends without an error."""
        with self.store.writing(f"{self.directory}/{self.paths[kind]}") as written:
            yield written
        self.files[kind] = File(self.paths[kind], -1, written.bytes, written.sha256)

    def rows(self, kind: str, rows: int) -> None:
        self.files[kind] = File(self.paths[kind], rows, self.files[kind].bytes, self.files[kind].sha256)


@dataclass(frozen=True)
class Done:
    """A finished piece of work: its files, what it has to say, and whether it had been done before."""

    files: dict[str, File]
    facts: dict[str, Any]
    reused: bool


def once(
    store: Store,
    work: str,
    input: str,
    directory: str,
    paths: dict[str, str],
    make: Callable[[Outputs], dict[str, Any]],
) -> Done:
    """Do `make` unless a record says that it is done and its files are there; they are then at `paths` in `directory`
    all the same."""
    key = _key(work, input)
    record = store.find_json(key)
    if record is not None and _there(store, record):
        return _adopt(store, record, directory, paths)
    outputs = Outputs(store, directory, paths)
    facts = make(outputs)
    record = {
        "directory": directory,
        "files": {k: asdict(f) for k, f in outputs.files.items()},
        "facts": facts,
    }
    if not store.create(key, canonical_json(record)):
        _agree(store, key, record)
    return Done(outputs.files, facts, reused=False)


def finished(store: Store, work: str, input: str) -> bool:
    """Whether a record says that this piece of work is done."""
    return store.exists(_key(work, input))


def _key(work: str, input: str) -> str:
    return f"shards/{work}/{input}.json"


def _there(store: Store, record: dict[str, Any]) -> bool:
    """Whether nobody has removed the files, as one does with an export that is to be written again."""
    return all(store.exists(f"{record['directory']}/{file['path']}") for file in record["files"].values())


def _adopt(store: Store, record: dict[str, Any], directory: str, paths: dict[str, str]) -> Done:
    files = {}
    for kind, data in record["files"].items():
        old = File(**data)
        files[kind] = File(paths[kind], old.rows, old.bytes, old.sha256)
        source, target = f"{record['directory']}/{old.path}", f"{directory}/{paths[kind]}"
        if source != target and not store.exists(target):
            store.copy(source, target)
    return Done(files, record["facts"], reused=True)


def _agree(store: Store, key: str, record: dict[str, Any]) -> None:
    other = store.read_json(key)
    hashes = [{k: f["sha256"] for k, f in r["files"].items()} for r in (record, other)]
    if hashes[0] != hashes[1]:
        raise StoreError(f"{store.address(key)}: two tries of the same work differ; the stage is not deterministic")
