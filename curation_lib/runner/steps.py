"""Runs one step of a build: what is complete is reused, what is missing is computed shard by shard."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from curation_lib.core.errors import ContractError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.stage import Map, Source
from curation_lib.runner import shard
from curation_lib.runner.export_step import run_export
from curation_lib.runner.filter_step import run_filter
from curation_lib.runner.group_step import run_group
from curation_lib.runner.manifest import Manifest, read_manifest
from curation_lib.runner.order_step import run_order
from curation_lib.runner.plan import Step
from curation_lib.runner.session import Session, chain, dataset, part_work, target
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.work import Work


@dataclass(frozen=True)
class StepResult:
    """What a step came to. `state`: computed or reused."""

    step: str
    state: str
    directory: str
    counts: dict[str, Any]
    calls: dict[str, int]
    seconds: float


def run_step(step: Step, inputs: Sequence[Manifest], session: Session, allow_empty: bool = False) -> StepResult:
    """Bring the step's dataset about. `inputs` are its upstream datasets, in the plan's order.

    Raises ContractError where a source yields no document, unless `allow_empty`.
    """
    began, before = time.perf_counter(), Counter(session.calls)
    manifest = _RUNNERS[step.kind](step, inputs, session)
    calls = dict(session.calls - before)
    result = StepResult(
        step.id,
        "computed" if calls else "reused",
        manifest.directory,
        manifest.counts,
        calls,
        round(time.perf_counter() - began, 3),
    )
    if calls:
        _write_run(session.store, manifest, result)
    if step.kind == "ingest" and not manifest.counts["kept"] and not allow_empty:
        raise ContractError(
            f"{step.id} yields no document ({_summary(manifest)}); read "
            f"{session.store.address(manifest.directory)}/quarantine and ledger, then correct the source"
        )
    return result


def _summary(manifest: Manifest) -> str:
    c = manifest.counts
    dropped, quarantined = sum(c["dropped"].values()), sum(c["quarantined"].values())
    return f"{c['rows_in']} read, {c['skipped']} skipped, {dropped} dropped, {quarantined} quarantined"


def _write_run(store: Store, manifest: Manifest, result: StepResult) -> None:
    """Clock and host: beside the manifest, never in it."""
    facts = {
        "host": platform.node(),
        "finished": time.time(),
        "seconds": result.seconds,
        "calls": result.calls,
    }
    store.put(f"{manifest.directory}/run.json", canonical_json(facts))


def _ingest(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    source, config = step.bound[0]
    assert isinstance(source, Source)
    shards = source.shards(config)
    to = target(step, [(s.name, s.sha256) for s in shards])
    if done := read_manifest(session.store, to.directory):
        return done
    links = chain(step)
    work = [
        Work(session.store, to.work, fingerprint([s.name, s.sha256]), s.name, n, to.directory, links, s)
        for n, s in enumerate(shards)
    ]
    entries = session.run(step.id, shard.ingest, [replace(w, codec=session.codec) for w in work])
    pins = [{"name": s.name, "size": s.size, "sha256": s.sha256} for s in shards]
    manifest = dataset(step, to.print, [], entries, files=pins, source=getattr(config, "source", None))
    manifest.write(session.store)
    return manifest


def _map(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    to = target(step, [m.fingerprint for m in inputs])
    if done := read_manifest(session.store, to.directory):
        return done
    work = _looked_ahead(step, part_work(step, inputs, session, to.work, to.print), session)
    entries = session.run(step.id, shard.map_documents, work)
    manifest = dataset(step, to.print, inputs, entries)
    manifest.write(session.store)
    return manifest


def _looked_ahead(step: Step, work: list[Work], session: Session) -> list[Work]:
    """The work with what the first Map found ahead; every process looks at its share of the parts at once."""
    stage, _ = step.bound[0]
    if not isinstance(stage, Map) or stage.ahead is None or not work:
        return work
    shares = [work[n :: session.scheduler.processes] for n in range(min(session.scheduler.processes, len(work)))]
    looks = [
        replace(share[0], name=f"{len(share)} parts", facts={"parts": [(w.index, w.part, w.input) for w in share]})
        for share in shares
    ]
    found: list[shard.Found] = session.run(step.id, shard.look_ahead, looks)
    states = {index: state for one in found for index, state in one.states.items()}
    return [replace(w, facts={**w.facts, "found": states.get(w.index)}) for w in work]


_RUNNERS: dict[str, Callable[[Step, Sequence[Manifest], Session], Manifest]] = {
    "ingest": _ingest,
    "map": _map,
    "filter": run_filter,
    "group": run_group,
    "order": run_order,
    "export": run_export,
}
