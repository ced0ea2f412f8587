"""An Order: every part scattered over slices, every slice gathered into a part of the output.

The number of slices follows from the bytes of text that came in, so a worker holds about `part_bytes` whatever the
corpus. Pieces lie in work/; a slice of a piece is read without the rest of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.stage import Order
from curation_lib.runner import order
from curation_lib.runner.commit import Done
from curation_lib.runner.manifest import Manifest, read_manifest
from curation_lib.runner.plan import Step
from curation_lib.runner.session import Session, chain, dataset, part_work, target
from curation_lib.runner.work import Work


def run_order(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    """The step's dataset; `facts.documents` counts distinct documents, whose copies no longer stand side by side."""
    to = target(step, [m.fingerprint for m in inputs])
    if done := read_manifest(session.store, to.directory):
        return done
    stage, config = step.bound[0]
    assert isinstance(stage, Order)
    text, rows = (sum(m.counts[name] for m in inputs) for name in ("bytes_kept", "kept"))
    slices = max(1, min(rows, -(-text // stage.part_bytes(config))))  # a document is never cut
    place = f"work/{step.label}/{to.print}"
    filled = [entry.counts["kept"] > 0 for m in inputs for entry in m.shards]
    parts = compress(part_work(step, inputs, session, to.work, to.print), filled)
    tasks = [_scattered(work, place, slices) for work in parts]
    pieces: list[Done] = session.run(step.id, order.scatter, tasks)
    keys = [(f"{place}/{piece.files['pieces'].path}", piece.facts["runs"]) for piece in pieces]
    entries = session.run(step.id, order.gather, _gathered(step, session, to.print, keys, slices))
    manifest = dataset(step, to.print, inputs, entries, documents=order.added([p.facts["documents"] for p in pieces]))
    manifest.write(session.store)
    return manifest


def _scattered(work: Work, place: str, slices: int) -> Work:
    facts = {"paths": {"pieces": f"pieces-{work.index:05d}.arrow"}, "slices": slices}
    return replace(work, fingerprint=fingerprint(["scatter", work.fingerprint, slices]), directory=place, facts=facts)


def _gathered(step: Step, session: Session, print_: str, keys: list[tuple[str, int]], slices: int) -> list[Work]:
    work_print, links, directory = fingerprint(["gather", print_]), chain(step), f"datasets/{step.label}/{print_}"
    return [
        Work(
            session.store,
            work_print,
            f"{n:05d}",
            f"slice {n}",
            n,
            directory,
            links,
            keys,
            {"slices": slices},
            batch_rows=session.batch_rows,
            codec=session.codec,
        )
        for n in range(slices)
    ]
