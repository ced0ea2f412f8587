"""A Group: every shard keyed, every partition judged, one decision, then applied to every shard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from curation_lib.core.fingerprint import fingerprint
from curation_lib.runner import group
from curation_lib.runner.commit import Done
from curation_lib.runner.manifest import Manifest, read_manifest
from curation_lib.runner.plan import Step
from curation_lib.runner.session import Session, chain, dataset, part_work, target
from curation_lib.runner.work import Work


def run_group(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    to = target(step, [m.fingerprint for m in inputs])
    if done := read_manifest(session.store, to.directory):
        return done
    work = part_work(step, inputs, session, fingerprint(["key", to.work, group.SLICES]), to.print)
    keys = _keys(step, work, session, to.print)
    documents = sum(m.counts["kept"] for m in inputs)
    partitions = _partitions(step, documents, keys, session, to.print)
    decision = _decision(step, work, partitions, session, to.print)
    entries = session.run(step.id, group.apply, [_applied(w, to.work, decision, _place(step, to.print)) for w in work])
    manifest = dataset(step, to.print, inputs, entries)
    manifest.write(session.store)
    return manifest


def _place(step: Step, print_: str) -> str:
    """Where intermediate files of the decision lie."""
    return f"work/{step.label}/{print_}"


def _keys(step: Step, work: Sequence[Work], session: Session, print_: str) -> list[str]:
    place = _place(step, print_)
    names = [f"keys-{w.index:05d}.arrow" for w in work]
    tasks = [replace(w, directory=place, facts={"paths": {"keys": name}}) for w, name in zip(work, names, strict=True)]
    session.run(step.id, group.key, tasks)
    return [f"{place}/{name}" for name in names]


def _partitions(step: Step, documents: int, keys: list[str], session: Session, print_: str) -> list[str]:
    place, slices = _place(step, print_), group.partitions(documents)
    names = [f"partition-{n:05d}.arrow" for n in range(len(slices))]
    tasks = [
        Work(
            session.store,
            fingerprint(["partition", step.label, print_, slices]),
            f"{n:05d}",
            f"partition {n}",
            n,
            place,
            chain(step),
            keys,
            {"paths": {"partition": name}, "slices": some},
        )
        for n, (name, some) in enumerate(zip(names, slices, strict=True))
    ]
    session.run(step.id, group.partition, tasks)
    return [f"{place}/{name}" for name in names]


def _decision(step: Step, work: Sequence[Work], partitions: list[str], session: Session, print_: str) -> Done:
    paths = {f"shard-{w.index}": f"decision-{w.index:05d}.arrow" for w in work}
    facts = {"paths": paths, "parts": [w.part for w in work]}
    work_print = fingerprint(["decide", step.label, print_])
    task = Work(session.store, work_print, "all", "decision", 0, _place(step, print_), chain(step), partitions, facts)
    done: Done
    (done,) = session.run(step.id, group.decide, [task])
    return done


def _applied(work: Work, work_print: str, decision: Done, place: str) -> Work:
    """The shard's documents with its part of the decision; its hash names the work, so an unchanged one is reused."""
    file = decision.files[f"shard-{work.index}"]
    return replace(
        work,
        fingerprint=fingerprint(["apply", work_print, file.sha256]),
        facts={"decision": f"{place}/{file.path}"},
    )
