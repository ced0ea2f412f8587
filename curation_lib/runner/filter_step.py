"""A block of filters: scores that are missing are measured in one pass, then every document is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from curation_lib.core.config import StageConfig
from curation_lib.core.fingerprint import fingerprint, stage_identity
from curation_lib.core.stage import Bound, Filter
from curation_lib.runner import shard
from curation_lib.runner.ahead import ahead
from curation_lib.runner.manifest import Manifest, read_manifest
from curation_lib.runner.parts import ROW_GROUP, read_batches
from curation_lib.runner.plan import Step
from curation_lib.runner.session import Session, dataset, part_work, target
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.work import described, model


def run_filter(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    to = target(step, [m.fingerprint for m in inputs])
    if done := read_manifest(session.store, to.directory):
        return done
    scores = measured(step, inputs, session)
    states = states_of(step.bound, scores, session.store)
    work = part_work(step, inputs, session, fingerprint([to.work, states]) if states else to.work, to.print)
    for one in work:
        one.facts["scores"] = {name: f"{where}/part-{one.index:05d}.parquet" for name, where in scores.items()}
        one.facts["states"] = states
    entries = session.run(step.id, shard.keep, work)
    manifest = dataset(step, to.print, inputs, entries, scores=scores, **_facts(step))
    manifest.write(session.store)
    return manifest


def _facts(step: Step) -> dict[str, Any]:
    """What the filters' models are, by stage."""
    models = {s.name: s.facts(model(*described(s, c))) for s, c in step.bound if isinstance(s, Filter) and s.facts}
    return {"models": models} if models else {}


def measured(step: Step, inputs: Sequence[Manifest], session: Session) -> dict[str, str]:
    """Scores of every filter of the block, measured where they are missing; stage -> scores directory."""
    where: dict[str, str] = {}
    missing: dict[str, tuple[str, str]] = {}
    for stage, config in step.bound:
        identity = stage_identity(stage, config, ("measure",))
        scores_print = fingerprint([identity, [m.fingerprint for m in inputs]])
        where[stage.name] = f"scores/{stage.name}/{scores_print}"
        if not session.store.exists(f"{where[stage.name]}/manifest.json"):
            missing[stage.name] = (fingerprint(["measure", identity]), where[stage.name])
    if missing:
        done = session.run(step.id, shard.measure, part_work(step, inputs, session, "", "", missing=missing))
        for name, (_, directory) in missing.items():
            files = [one[name].files["scores"] for one in done]
            facts = {"inputs": [m.directory for m in inputs], "files": files}
            session.store.create(f"{directory}/manifest.json", canonical_json(facts))
    return where


def states_of(bound: Sequence[Bound], scores: Mapping[str, str], store: Store) -> dict[str, Any]:
    """What filters that look at the whole dataset have to know, from their scores, part by part."""
    return {
        stage.name: _state(stage, config, scores[stage.name], store)
        for stage, config in bound
        if isinstance(stage, Filter) and stage.summarise and stage.merge
    }


def _state(stage: Filter, config: StageConfig, directory: str, store: Store) -> Any:
    assert stage.summarise
    assert stage.merge
    parts = [f"{directory}/{f['path']}" for f in store.read_json(f"{directory}/manifest.json")["files"]]
    state = None
    while True:
        summarise = partial(_summaries, stage.summarise, config, state, store)
        state = stage.merge((one for part in ahead(summarise, parts) for one in part), config, state)
        if stage.settled is None or stage.settled(state):
            return state


def _summaries(
    summarise: Callable[[pa.RecordBatch, Any, Any], Any], config: StageConfig, state: Any, store: Store, key: str
) -> list[Any]:
    """Of each batch of a part with scores; one without rows has no columns for them."""
    return [summarise(batch, config, state) for batch in read_batches(store, key, ROW_GROUP) if batch.num_rows]
