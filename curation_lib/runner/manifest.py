"""A dataset's manifest: its shards in order with files and counts. Written last; its being there means complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from curation_lib.core.errors import StoreError
from curation_lib.runner.books import Counts
from curation_lib.runner.store import Store, canonical_json

NAMES = {
    "part": "part-{:05d}.parquet",
    "drops": "ledger/drops-{:05d}.parquet",
    "edits": "ledger/edits-{:05d}.parquet",
    "edges": "ledger/edges-{:05d}.parquet",
    "quarantine": "quarantine/part-{:05d}.parquet",
    "keys": "keys/part-{:05d}.arrow",
}
_SUMS = ("rows_in", "skipped", "created", "kept", "edited", "bytes_in", "bytes_kept")


@dataclass(frozen=True)
class File:
    """One file of a dataset; `path` is relative to the dataset."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Entry:
    """One shard of a dataset: which input it came from, its files by kind, its counts."""

    input: str
    name: str
    files: dict[str, File]
    counts: Counts
    reused: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Manifest:
    """`directory` is the dataset's key in the store, `inputs` the fingerprints of the datasets it was made of."""

    label: str
    fingerprint: str
    directory: str
    stages: list[dict[str, Any]]
    inputs: list[str]
    shards: list[Entry]
    counts: Counts
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.directory}/manifest.json"

    def parts(self) -> list[str]:
        """Store keys of the parts, in order."""
        return [f"{self.directory}/{s.files['part'].path}" for s in self.shards]

    def files(self, kind: str) -> list[str]:
        """Store keys of the files of one kind (`drops`, `edits`, `edges`, `quarantine`), in order."""
        return [f"{self.directory}/{s.files[kind].path}" for s in self.shards if kind in s.files]

    def write(self, store: Store) -> None:
        """Commit. Another that was first must have written the same."""
        data = canonical_json(self.to_json())
        if not store.create(self.key, data) and store.read(self.key) != data:
            raise StoreError(
                f"{store.address(self.key)} holds another answer for the same fingerprint; a stage is not "
                "deterministic or its version was not raised: raise it, or `winnow gc` the old dataset"
            )

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        for shard in data["shards"]:
            del shard["reused"]
        return data


def read_manifest(store: Store, directory: str) -> Manifest | None:
    """The manifest of the dataset at `directory`, or None where it is not complete."""
    data = store.find_json(f"{directory}/manifest.json")
    return None if data is None else manifest_of(data)


def manifest_of(data: dict[str, Any]) -> Manifest:
    """A manifest from its JSON. Raises KeyError or TypeError where it is none."""
    shards = [
        Entry(s["input"], s["name"], {k: File(**f) for k, f in s["files"].items()}, s["counts"])
        for s in data.pop("shards")
    ]
    return Manifest(**data, shards=shards)


def total(counts: Sequence[Counts]) -> Counts:
    """The shards' counts added up."""
    sums: Counts = {name: sum(c[name] for c in counts) for name in _SUMS}
    for name in ("dropped", "quarantined"):
        added: Counter[str] = Counter()
        for c in counts:
            for reason, n in c[name].items():
                added[reason] += n
        sums[name] = dict(sorted(added.items()))
    tally: Counter[str] = Counter()
    for c in counts:
        tally.update(c.get("tally", {}))
    if tally:
        sums["tally"] = dict(sorted(tally.items()))
    return sums
