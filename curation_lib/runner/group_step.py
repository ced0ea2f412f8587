"""A Group: every shard keyed, every partition judged, one decision, then applied to every shard.

Releases that the stage compares with are further shards behind the input's: keyed (unless they bring their key rows
along) and judged, never applied to. Key files are named by what shapes them and by the part's bytes, so a part is
keyed once in a store, whichever step, as input or as release, meets it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from curation_lib.core.fingerprint import fingerprint, stage_identity
from curation_lib.core.stage import Group
from curation_lib.runner import group
from curation_lib.runner.commit import Done
from curation_lib.runner.manifest import Entry, Manifest, read_manifest
from curation_lib.runner.plan import Step
from curation_lib.runner.released import Placed, Release, made_from, releases_of
from curation_lib.runner.session import Session, Target, chain, dataset, part_work, target
from curation_lib.runner.work import Work


class Decided(NamedTuple):
    """The decision on a step's input: work on each of its parts, their key files, and the decision's own record."""

    work: list[Work]
    keys: list[Placed]
    decision: Done
    releases: list[Release]


def run_group(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    to = group_target(step, inputs)
    if done := read_manifest(session.store, to.directory):
        return done
    decided = decide(step, inputs, session)
    place = _place(step, to.print)
    tasks = [_applied(step, w, decided.decision, decided.keys[w.index], place) for w in decided.work]
    entries = session.run(step.id, group.apply, tasks)
    manifest = dataset(step, to.print, inputs, entries, **_facts(step, decided, session))
    manifest.write(session.store)
    return manifest


def group_target(step: Step, inputs: Sequence[Manifest]) -> Target:
    """Where the step's dataset goes."""
    return target(step, made_from(inputs, releases_of(step)))


def decide(step: Step, inputs: Sequence[Manifest], session: Session) -> Decided:
    """Everything but taking the decision to the documents; a build takes it up where this ends."""
    releases = releases_of(step)
    to = target(step, made_from(inputs, releases))
    work = part_work(step, inputs, session, to.work, to.print)
    parts = [Placed(session.store, w.part) for w in work]
    keys = _keys(step, parts, [e for m in inputs for e in m.shards], session, to.print)
    for number, release in enumerate(releases):
        released = [Placed(release.folder, part, number) for part in release.parts()]
        keys += _released_keys(step, release, released, session, to.print)
        parts += released
    documents = sum(m.counts["kept"] for m in [*inputs, *(r.manifest for r in releases)])
    partitions = _partitions(step, documents, keys, session, to.print)
    decision = _decision(step, len(work), parts, partitions, session, to.print)
    return Decided(work, keys, decision, releases)


def _place(step: Step, print_: str) -> str:
    """Where intermediate files of the decision lie."""
    return f"work/{step.label}/{print_}"


def _key_print(step: Step) -> str:
    """What names key files beside the part: the settings that shape key rows, not those that only decide."""
    return fingerprint(["key", stage_identity(*step.bound[0], roles=("output", "measure")), group.SLICES])


def _keeps_keys(step: Step) -> bool:
    """Whether datasets of the step may serve as releases to it, and so carry their key rows."""
    stage = step.bound[0][0]
    return isinstance(stage, Group) and stage.released is not None


def _facts(step: Step, decided: Decided, session: Session) -> dict[str, object]:
    """What the stage says of its decision, which key rows lie beside the parts, and what the documents were compared
    with."""
    said = {"decision": decided.decision.facts["facts"]} if "facts" in decided.decision.facts else {}
    if not _keeps_keys(step):
        return said
    return {**said, "keys": _key_print(step), "released": [one.fact(session.store) for one in decided.releases]}


def _keys(
    step: Step, parts: Sequence[Placed], entries: Sequence[Entry], session: Session, print_: str, name: str = "keys"
) -> list[Placed]:
    place = _place(step, print_)
    names = [f"{name}-{n:05d}.arrow" for n in range(len(parts))]
    links = chain(step)
    tasks = [
        Work(
            session.store,
            _key_print(step),
            e.files["part"].sha256[:32],
            e.name,
            n,
            place,
            links,
            part,
            {"paths": {"keys": names[n]}},
            session.batch_rows,
        )
        for n, (part, e) in enumerate(zip(parts, entries, strict=True))
    ]
    session.run(step.id, group.key, tasks)
    return [Placed(session.store, f"{place}/{n}", part.release) for n, part in zip(names, parts, strict=True)]


def _released_keys(
    step: Step, release: Release, parts: Sequence[Placed], session: Session, print_: str
) -> list[Placed]:
    """Key files of a release's parts: its own where it brings such along, else made here."""
    number = parts[0].release if parts else 0
    if brought := release.keys(_key_print(step)):
        return [Placed(release.folder, key, number) for key in brought]
    return _keys(step, parts, release.manifest.shards, session, print_, f"released-{number}")


def _partitions(step: Step, documents: int, keys: list[Placed], session: Session, print_: str) -> list[str]:
    place, slices = _place(step, print_), group.partitions(documents)
    names = [f"partition-{n:05d}.arrow" for n in range(len(slices))]
    links = chain(step)
    tasks = [
        Work(
            session.store,
            fingerprint(["partition", step.label, print_, slices]),
            f"{n:05d}",
            f"partition {n}",
            n,
            place,
            links,
            keys,
            {"paths": {"partition": name}, "slices": some},
        )
        for n, (name, some) in enumerate(zip(names, slices, strict=True))
    ]
    session.run(step.id, group.partition, tasks)
    return [f"{place}/{name}" for name in names]


def _decision(
    step: Step, own: int, parts: Sequence[Placed], partitions: list[str], session: Session, print_: str
) -> Done:
    paths = {f"shard-{n}": f"decision-{n:05d}.arrow" for n in range(own)}
    facts = {"paths": paths, "parts": parts, "own": own}
    work_print = fingerprint(["decide", step.label, print_])
    task = Work(session.store, work_print, "all", "decision", 0, _place(step, print_), chain(step), partitions, facts)
    done: Done
    (done,) = session.run(step.id, group.decide, [task])
    return done


def _applied(step: Step, work: Work, decision: Done, keys: Placed, place: str) -> Work:
    """The shard's documents with its part of the decision; its hash names the work, so an unchanged one is reused."""
    file = decision.files[f"shard-{work.index}"]
    facts = {"decision": f"{place}/{file.path}", **({"keys": keys.key} if _keeps_keys(step) else {})}
    return replace(work, fingerprint=fingerprint(["apply", work.fingerprint, file.sha256]), facts=facts)
