"""The gate behind a step: Great Expectations judges the dataset; the verdict and its pages go to the store."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from curation_lib.contracts.expectations import Expectation, contract_fingerprint
from curation_lib.contracts.gate import judge
from curation_lib.contracts.metrics import dataset_metrics
from curation_lib.contracts.publish import publish
from curation_lib.contracts.report import EXAMPLES
from curation_lib.contracts.sample import sample_documents
from curation_lib.core.errors import ContractError, StoreError
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import read_batches
from curation_lib.runner.plan import Step
from curation_lib.runner.store import Store

_SHOWN = ("doc_id", "source", "source_id", "url", "kept_twin", "evidence")
"""What a message shows of a ledger row."""


@dataclass(frozen=True)
class Verdict:
    """A gate's answer: `page` is the store key of its Data Docs page."""

    step: str
    success: bool
    evaluated: int
    message: str
    page: str
    reused: bool


def gate_key(manifest: Manifest, contract: Sequence[Expectation]) -> str:
    """Where a contract's verdict on a dataset lies in the store."""
    return f"contracts/{manifest.label}-{manifest.fingerprint}/{contract_fingerprint(contract)}"


def run_gate(step: Step, manifest: Manifest, store: Store, pages: str = "") -> Verdict:
    """Judge the step's dataset. A verdict that passed is reused, a failed one is judged again.

    `pages` is the address under which the store's contracts/ is served, for the message.
    """
    root = gate_key(manifest, step.contract)
    known = _judged(store, root)
    if known is not None and known["success"]:
        message = f"{step.id}: contract holds, {known['evaluated']} expectations checked before"
        return Verdict(step.id, True, known["evaluated"], message, f"{root}/{known['page']}", True)
    with tempfile.TemporaryDirectory(prefix="winnow-gate-") as folder:
        site = Path(folder) / "site"
        result = judge(step.id, frames(manifest, store), step.contract, site, _refused(step.contract, manifest, store))
        publish(site, result, store.fs, store.path(root))
    shown = f"{pages.rstrip('/')}/{root.removeprefix('contracts/')}" if pages else store.address(root)
    return Verdict(step.id, result.success, result.evaluated, result.message(shown), f"{root}/{result.page}", False)


def _judged(store: Store, root: str) -> dict[str, Any] | None:
    """The verdict at `root`; None where there is none, or only the head of one that was cut off in writing."""
    try:
        verdict: dict[str, Any] | None = store.find_json(f"{root}/result.json")
    except orjson.JSONDecodeError:
        return None
    return verdict


def frames(manifest: Manifest, store: Store) -> dict[str, Any]:
    """What the expectations look at: metrics, sources, languages, rules and the sample."""
    parts = [store.path(key) for key in document_parts(manifest, store)]
    fs = None if store.is_local else store.fs
    return {
        **dataset_metrics(parts, manifest.counts, fs),
        "sample": sample_documents(parts, fs),
    }


def _refused(contract: Sequence[Expectation], manifest: Manifest, store: Store) -> dict[str, list[str]]:
    """By rule that should drop nothing, the first rows of the ledger that it dropped, in words."""
    fired = [rule for e in contract for rule in e.must_not_fire or () if manifest.counts["dropped"].get(rule)]
    rows: dict[str, list[str]] = {rule: [] for rule in fired}
    for entry in manifest.shards if fired else ():
        for batch in read_batches(store, f"{manifest.directory}/{entry.files['drops'].path}"):
            for row in batch.to_pylist():
                mine = rows.get(f"{row['stage']}.{row['rule']}")
                if mine is not None and len(mine) < EXAMPLES:
                    mine.append(", ".join(f"{name}={row[name]}" for name in _SHOWN if row[name] is not None))
        if all(len(mine) >= min(EXAMPLES, manifest.counts["dropped"][rule]) for rule, mine in rows.items()):
            break
    return rows


def document_parts(manifest: Manifest, store: Store) -> list[str]:
    """Store keys of the files that hold documents: a dataset's parts, an export's Parquet, or, of an export without,
    the parts of the mix that it holds row for row."""
    if manifest.directory.startswith("datasets/"):
        return manifest.parts()
    made_of = (complete(store, directory) for directory in manifest.inputs)
    return manifest.files("parquet") or [part for one in made_of for part in one.parts()]


def require_passed(step: Step, manifest: Manifest, store: Store) -> None:
    """ContractError unless the step's gate has passed on this dataset."""
    if not step.contract:
        return
    known = store.find_json(f"{gate_key(manifest, step.contract)}/result.json")
    if known is None:
        raise StoreError(f"{step.id}: no gate has judged {manifest.directory}; run its gate first")
    if not known["success"]:
        raise ContractError(f"{step.id}: its gate failed on {manifest.directory}; nothing may be built on it")
