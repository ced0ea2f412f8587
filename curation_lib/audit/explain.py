"""Why a document of a build stands where it does: every score with its percentile, every rule, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.audit.as_built import Built, filters_of
from curation_lib.audit.builds import BuildRecord, Step, newest
from curation_lib.audit.identities import Identity, identities
from curation_lib.audit.judged import described, first_failed, judged
from curation_lib.audit.queries import Books, books
from curation_lib.audit.standing import row_of, score_parts, standings
from curation_lib.audit.trace import history
from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.recipe import Recipe
from curation_lib.runner.filter_step import states_of
from curation_lib.runner.parts import read_rows
from curation_lib.runner.store import Store

SHOWN = 5
"""Candidates that an error lists."""


def explain(store: Store, document: str, build: str = "", recipe: Recipe | None = None) -> dict[str, Any]:
    """What a build's filters say of a document, a doc_id, URL or source_id: `corpus`, `build`, who it is, `outcome`
    and `events` as in `winnow trace`, and `blocks`, each with `step`, `verdict` and per filter the `stages`' answers
    (see `judged`). Without `build` the newest that has read it.

    Raises ConfigError where no build knows it or several documents have that name, StoreError where scores are gone,
    ContractError where they do not give the ledger's verdict.
    """
    records = newest(store, build)
    with books(store) as open_books:
        for record in records:
            steps = record.steps(store)
            if found := identities(open_books, steps, document):
                return _explained(open_books, record, steps, _only(found, document), recipe)
    raise ConfigError(
        f"no build in {store.url} has read {document!r}; give a doc_id, a full URL, a source_id or a file that is here"
    )


def _only(found: Sequence[Identity], document: str) -> Identity:
    if len(found) > 1:
        listed = ", ".join(f"{who['doc_id']} ({who['source']}: {who['source_id']})" for who in found[:SHOWN])
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise ConfigError(f"{len(found)} documents are called {document!r}; give one doc_id: {listed}{more}")
    return found[0]


def _explained(
    open_books: Books, record: BuildRecord, steps: Sequence[Step], who: Identity, recipe: Recipe | None
) -> dict[str, Any]:
    told = history(open_books, steps, who, scores=False)
    came = {event["step"] for event in told["events"]}
    blocks = [
        _block(open_books.store, record, step, told, recipe)
        for step in steps
        if step.kind == "filter" and step.id in came
    ]
    return {"corpus": record.corpus, "build": record.build_id, **told, "blocks": blocks}


def _block(
    store: Store, record: BuildRecord, step: Step, told: dict[str, Any], recipe: Recipe | None
) -> dict[str, Any]:
    filters = filters_of(record, step, recipe)
    directories: dict[str, str] = step.manifest.facts["scores"]
    parts = {one.name: score_parts(store, one.name, directories[one.name]) for one in filters}
    place = row_of(store, parts[filters[0].name], told["doc_id"])
    if place is None:
        raise ContractError(f"{step.id}: the stored scores lack {told['doc_id']}; remove them and build again")
    stages = [_stage(store, step, one, parts[one.name][place[0]], place[1]) for one in filters]
    mine = [event for event in told["events"] if event["step"] == step.id]
    _require_the_ledgers(step, stages, mine)
    drop = next((event for event in mine if event["event"] == "dropped"), None)
    verdict = f"dropped by {drop['stage']}.{drop['rule']}" if drop else "kept"
    return {"step": step.id, "verdict": verdict, "documents": step.manifest.counts["rows_in"], "stages": stages}


def _stage(store: Store, step: Step, one: Built, part: str, row: int) -> dict[str, Any]:
    scores = read_rows(store, part, [row])
    directories: dict[str, str] = step.manifest.facts["scores"]
    places = standings(store, one.name, directories[one.name], scores)
    facts = step.manifest.facts.get("models", {}).get(one.name)
    if one.bound is None:
        return {**described(one.name, scores, 0, places, facts), "rules": [], "unjudged": one.why, "notes": {}}
    state = states_of([one.bound], directories, store).get(one.name)
    return judged(one.bound, scores, state, places, facts)[0]


def _require_the_ledgers(step: Step, stages: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> None:
    """Scores that do not give the build's own verdict are not this document's."""
    dropped = [event for event in events if event["event"] == "dropped"]
    if any(one["unjudged"] for one in stages) or (dropped and len(events) > 1):
        return
    found = first_failed(stages)
    now = (found[0], found[1]["rule"], found[1]["score"]) if found else None
    then = next(((event["stage"], event["rule"], event.get("score")) for event in dropped), None)
    if now != then:
        raise ContractError(f"{step.id}: the stored scores say {now}, the ledger {then}; remove them and build again")
