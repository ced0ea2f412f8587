"""What filters say of texts that are in no build: measured now, held against a build's stored scores where one is
given."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from curation_lib.audit.as_built import Built, filters_of
from curation_lib.audit.builds import BuildRecord, Step, newest
from curation_lib.audit.judged import first_failed, judged
from curation_lib.audit.retune import measured
from curation_lib.audit.standing import standings
from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint, stage_identity
from curation_lib.core.recipe import Recipe
from curation_lib.core.recipe_stages import configured
from curation_lib.core.stage import Bound, Context, Filter, measured_together
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.filter_step import states_of
from curation_lib.runner.given import read_inputs
from curation_lib.runner.parts import read_batches
from curation_lib.runner.plan import plan
from curation_lib.runner.session import Session
from curation_lib.runner.shard import scores_of
from curation_lib.runner.store import Store
from curation_lib.runner.work import described, model

DEFAULT = ("density", "gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality")
"""Filters, with default settings, where neither a recipe nor a build names others."""
ROWS = re.compile(r"\.(jsonl|json|ndjson|parquet|pq|w?arc)(?![a-z])", re.IGNORECASE)
"""In names of files that hold many documents; any other file (`on.archives.md`) is one text."""
Blocks = list[tuple[str, list[Bound]]]


class Against(NamedTuple):
    """The build that scores are held against."""

    store: Store
    record: BuildRecord
    steps: list[Step]


def explain_file(
    path: str, recipe: Recipe | None = None, store: Store | None = None, build: str = "", limit: int = 20
) -> dict[str, Any]:
    """Scores and verdicts of the first `limit` documents of a file, by the recipe's filters, the build's or DEFAULT.

    `file`, `corpus` and `build` of the percentiles, `left_out` (documents beyond the limit), `unread`,
    `not_applied` (stages that a build puts in the texts' way and that ran on none here), `documents`: each with
    `source_id, language, verdict, blocks`. Raises ConfigError for a file without documents.
    """
    against = _against(store, build, recipe) if store else None
    blocks, skipped = _blocks(recipe, against)
    batch, count, unread = _documents(path, limit)
    answers = [(step, _block(step, bound, batch, against)) for step, bound in blocks]
    documents = [
        {"source_id": batch.column("source_id")[row].as_py(), "language": batch.column("language")[row].as_py(),
         **_verdict([{"step": step, "stages": [one[row] for one in stages]} for step, stages in answers])}
        for row in range(batch.num_rows)
    ]  # fmt: skip
    return {
        "file": path,
        "corpus": against.record.corpus if against else None,
        "build": against.record.build_id if against else None,
        "left_out": count - batch.num_rows,
        "unread": unread,
        "not_applied": skipped,
        "documents": documents,
    }


def _against(store: Store, build: str, recipe: Recipe | None) -> Against:
    record = newest(store, build, recipe.corpus if recipe else "")[0]
    return Against(store, record, [step for step in record.steps(store) if step.kind not in ("record", "export")])


def _blocks(recipe: Recipe | None, against: Against | None) -> tuple[Blocks, list[str]]:
    """The blocks of filters that judge a text, and the stages between them that do not run."""
    steps: list[tuple[str, str, list[Bound]]]
    if recipe:
        steps = [(step.id, step.kind, list(step.bound)) for step in plan(recipe)]
    elif against:
        steps = [(s.id, s.kind, _usable(filters_of(against.record, s)) if _judges(s.id, s.kind) else [])
                 for s in against.steps]  # fmt: skip
    else:
        return [("default", [configured(f"filters.{name}", {}, "explain") for name in DEFAULT])], []
    blocks = [(id, bound) for id, kind, bound in steps if _judges(id, kind)]
    if not blocks:
        raise ConfigError("explain: the recipe has no filters; leave --recipe and --store away for the default ones")
    skipped = [id for id, kind, _ in steps if kind in ("map", "group") and not id.startswith("mix.")]
    return blocks, skipped


def _judges(id: str, kind: str) -> bool:
    """Licences are declared by sources: a file has none."""
    return kind == "filter" and id != "export.licenses"


def _usable(filters: Sequence[Built]) -> list[Bound]:
    for one in filters:
        if one.bound is None:
            raise ConfigError(f"{one.name}: {one.why}")
    return [one.bound for one in filters if one.bound]


def _documents(path: str, limit: int) -> tuple[pa.RecordBatch, int, int]:
    """The first documents as one batch, how many there are, and how many could not be read."""
    with tempfile.TemporaryDirectory(prefix="winnow-explain-") as folder:
        given = path if ROWS.search(Path(path).name) else _as_row(path, folder)
        store = Store(os.path.join(folder, "store"))
        found = read_inputs([given], Session(store, LocalScheduler(1)))
        table = pa.Table.from_batches([b for m in found for part in m.parts() for b in read_batches(store, part)])
        unread = sum(sum(m.counts["quarantined"].values()) for m in found)
    if not table.num_rows:
        raise ConfigError(
            f"{path}: no document can be read ({unread} unreadable); give UTF-8 text, or rows with `text`"
        )
    return table.slice(0, limit).combine_chunks().to_batches()[0], table.num_rows, unread


def _as_row(path: str, folder: str) -> str:
    """A file of plain text as a file of one row."""
    try:
        text = Path(path).read_bytes().decode()
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path} is not UTF-8 ({e.reason} at byte {e.start}); convert it first") from e
    row = Path(folder, "text.jsonl")
    row.write_bytes(orjson.dumps({"id": Path(path).name, "text": text}))
    return str(row)


def _block(step: str, bound: Sequence[Bound], batch: pa.RecordBatch, against: Against | None) -> list[list[Any]]:
    """Per filter, its answer for each document."""
    found = []
    for (stage, config), statistics in zip(bound, measured_together(bound, batch), strict=True):
        assert isinstance(stage, Filter)
        loaded = model(*described(stage, config))
        scores = scores_of(stage, config, batch, Context(model=loaded, statistics=statistics))
        facts = stage.facts(loaded) if stage.facts else None
        directory, why = _measured_alike((stage, config), step, against) if against else ("", "")
        if against and directory:
            places = standings(against.store, stage.name, directory, scores)
            state = states_of([(stage, config)], {stage.name: directory}, against.store).get(stage.name)
            found.append(judged((stage, config), scores, state, places, facts))
        else:
            found.append(judged((stage, config), scores, None, {}, facts, why))
    return found


def _measured_alike(bound: Bound, step: str, against: Against) -> tuple[str, str]:
    """Where the build's scores of the same measurement lie, or why there are none."""
    stage, config = bound
    mine = fingerprint(measured([stage_identity(stage, config)]))
    there = [
        s for s in against.steps if any(e["stage"] == stage.name for e in s.manifest.stages) and s.kind == "filter"
    ]
    for one in sorted(there, key=lambda s: s.id != step):
        (entry,) = (e for e in one.manifest.stages if e["stage"] == stage.name)
        if fingerprint(measured([entry])) == mine:
            return one.manifest.facts["scores"][stage.name], ""
    reason = "with other settings, versions or models" if there else "not at all"
    return "", f"build {against.record.build_id} measured it {reason}"


def _verdict(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """The first rule that fails; `undecided` where one cannot say before."""
    stages = [stage for block in blocks for stage in block["stages"]]
    found = first_failed(stages)
    silent = any(s["unjudged"] or any(rule["passed"] is None for rule in s["rules"]) for s in stages)
    passes = "undecided: a rule cannot say" if silent else "passes every rule"
    return {"verdict": f"fails {found[0]}.{found[1]['rule']}" if found else passes, "blocks": blocks}
