"""What no finished build needs: datasets, scores, intermediate files and the records that point to them."""

from __future__ import annotations

from dataclasses import dataclass

from curation_lib.audit.builds import list_builds, reachable
from curation_lib.core.errors import StoreError
from curation_lib.runner.memory import FOLDER
from curation_lib.runner.store import Store

_KEPT_DEPTH = {"datasets": 3, "scores": 3, "work": 3}
_SHUFFLED = "datasets/shuffle."
"""Beside these, what work/ holds is the documents once more; beside others, keys that later builds take up."""


@dataclass(frozen=True)
class Garbage:
    """`keys` may be removed; `directories` sums bytes per dataset for the eye."""

    keys: list[str]
    directories: dict[str, int]

    @property
    def bytes(self) -> int:
        return sum(self.directories.values())


def find_garbage(store: Store, answers: bool = False) -> Garbage:
    """Everything below datasets/, scores/ and work/ that no build record reaches, with its commit records, and
    what killed writers left anywhere, once it is old (experiments lock nothing: what is new may be theirs); of finished
    shuffles, what they were gathered from. Remembered answers were paid for: they are garbage only where `answers` says
    so (finished datasets do not need them)."""
    used = reachable(store, list_builds(store))
    kept = (d for d in used if d.startswith("datasets/") and not d.startswith(_SHUFFLED))
    used |= {d.replace("datasets/", "work/", 1) for d in kept}
    keys: list[str] = []
    sizes: dict[str, int] = {}
    for root, depth in _KEPT_DEPTH.items():
        for key in store.list(root):
            directory = "/".join(key.split("/")[:depth])
            if directory not in used:
                keys.append(key)
                sizes[directory] = sizes.get(directory, 0) + int(store.fs.size(store.path(key)))
    gone = set(sizes)
    for key in store.list(FOLDER) if answers else ():
        keys.append(key)
        sizes[FOLDER] = sizes.get(FOLDER, 0) + int(store.fs.size(store.path(key)))
    for key in store.list("shards"):
        if store.read_json(key)["directory"] in gone:
            keys.append(key)
    return Garbage([*keys, *store.abandoned("")], sizes)


def collect(store: Store, answers: bool = False) -> Garbage:
    """Remove the garbage: commit records first, so that no record ever points to a missing file.

    Raises StoreError while a build is active.
    """
    if locks := store.list("locks"):
        raise StoreError(f"{store.address(locks[0])}: a build is active; run gc when it has ended")
    garbage = find_garbage(store, answers)
    for key in sorted(garbage.keys, key=lambda k: (not k.startswith("shards/"), not k.endswith("manifest.json"), k)):
        store.remove(key)
    return garbage
