"""Put a gate's verdict and its Data Docs into the store, where the UI and later builds find them."""

from __future__ import annotations

from pathlib import Path

from fsspec.implementations.local import LocalFileSystem
from fsspec.spec import AbstractFileSystem

from curation_lib.contracts.result import GateResult
from curation_lib.core.errors import StoreError

RESULT = "result.json"


def publish(site: Path, result: GateResult, store: AbstractFileSystem, root: str) -> str:
    """Upload `site` under `root`, then `result.json` last: where it stands, every page it names is there.

    Repeating it overwrites; pages of earlier runs stay. Gives the address of result's page.
    Raises StoreError when the store refuses.
    """
    root = root.rstrip("/")
    files = sorted(p for p in site.rglob("*") if p.is_file())
    targets = [f"{root}/{p.relative_to(site).as_posix()}" for p in files]
    try:
        if isinstance(store, LocalFileSystem):  # elsewhere folders are names, and makedirs may make a bucket
            for folder in sorted({t.rsplit("/", 1)[0] for t in targets}):
                store.makedirs(folder, exist_ok=True)
        store.put([str(p) for p in files], targets)
        store.pipe_file(f"{root}/{RESULT}", result.to_json())
    except OSError as e:
        raise StoreError(f"cannot publish the contract's pages to {root}: {e}; check the store") from e
    return str(store.unstrip_protocol(f"{root}/{result.page}"))


def published(store: AbstractFileSystem, root: str) -> GateResult | None:
    """The verdict published under `root`, or None. A failed one never counts as judged: judge again."""
    try:
        return GateResult.from_json(store.cat_file(f"{root.rstrip('/')}/{RESULT}"))
    except FileNotFoundError:
        return None
    except OSError as e:
        raise StoreError(f"cannot read the contract's verdict at {root}: {e}; check the store") from e
