"""What the mixes of a recipe would hold, over the licensed documents of a build, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from curation_lib.audit.builds import BuildRecord, newest
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import Recipe, recipe_identity
from curation_lib.mix.settings import SampleConfig
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.mix_plans import LICENSED, mix_steps, planned_mix
from curation_lib.runner.plan import Step
from curation_lib.runner.session import Session
from curation_lib.text.tokenizers.settings import described

Report = dict[str, Any]
_REMEDIES = {
    "epoch cap": "raise max_epochs, lower token_budget, or give more documents a weight",
    "corpus size": "add documents, or give more of them a weight",
    "synthetic share": "change synthetic_share or max_synthetic_share, raise max_epochs, or lower token_budget",
    "licence cap": "raise license_caps, give documents under other licences a weight, or lower token_budget",
    "anchor": "lower anchor.share, widen its globs, raise max_epochs, or lower token_budget",
}


def mix_plan(recipe: Recipe, session: Session, build: str = "", phase: str = "") -> Report:
    """`corpus`, `build`, `notes`, `feasible`, and per phase `phase`, `tokenizer`, the facts of its mix
    (`mix/planned.py`), `sources` (the same by source, with languages and licences), `weights_from` in words where a
    file gave them, `feasible`, and where it is not `why` and the `remedy`. A phase whose mix cannot be decided has
    `why` alone.

    Raises ConfigError where there is no such build or phase.
    """
    record = newest(session.store, build, recipe.corpus)[0]
    licensed = next(s.manifest for s in record.steps(session.store) if s.id == LICENSED)
    phases = [_phase(step, licensed, session) for step in mix_steps(recipe, phase)]
    return {
        "corpus": recipe.corpus,
        "build": record.build_id,
        "notes": _notes(recipe, record),
        "feasible": all(one["feasible"] for one in phases),
        "phases": phases,
    }


def _notes(recipe: Recipe, record: BuildRecord) -> list[str]:
    """Where the recipe would draw from other documents than the build holds."""
    asked, built = recipe_identity(recipe), record.data["recipe"]
    other = [name for name in ("sources", "stages", "licenses") if asked[name] != built.get(name)]
    if not other:
        return []
    return [f"the recipe has other {' and '.join(other)} than the build, whose documents these are"]


def _phase(step: Step, licensed: Manifest, session: Session) -> Report:
    config = step.bound[0][1]
    assert isinstance(config, SampleConfig)
    about = {"phase": step.phase, "tokenizer": described(config.tokenizer)}
    if config.weights_from:
        about["weights_from"] = config.weights_from.words()
    try:
        facts = planned_mix(step, [licensed], session)
    except ConfigError as e:
        return {**about, "feasible": False, "why": str(e), "remedy": ""}
    why = _why_not(facts)
    remedy = _REMEDIES.get(facts["binds"], "") if why else ""
    sources = by_source(facts["groups"], facts["tokens"])
    return {**about, **facts, "sources": sources, "feasible": not why, "why": why, "remedy": remedy}


def _why_not(facts: Mapping[str, Any]) -> str:
    if not facts["tokens"]:
        return f"the mix is empty: no document that has a weight is short enough; {facts['binds']} binds"
    if facts["budget"] is None or facts["binds"] == "budget":
        return ""
    missing = facts["budget"] - facts["planned"]
    return f"{missing:,} of {facts['budget']:,} tokens cannot be filled: {facts['binds']} binds"


def by_source(groups: Sequence[Mapping[str, Any]], total: int) -> list[Report]:
    """One row per source, most tokens first: counts, `share` of `total`, `epochs` over what it holds, tokens by
    language and licence, `full` where it has no room for more."""
    rows = [_source(name, [g for g in groups if g["source"] == name], total) for name in {g["source"] for g in groups}]
    return sorted(rows, key=lambda row: (-row["tokens"], row["source"]))


def _source(name: str, groups: Sequence[Mapping[str, Any]], total: int) -> Report:
    counts = ("documents_held", "tokens_held", "documents", "rows", "tokens", "unique_tokens", "effective_tokens")
    summed = {count: sum(group[count] for group in groups) for count in counts}
    return {
        "source": name,
        **summed,
        "share": summed["tokens"] / total if total else 0.0,
        "epochs": summed["tokens"] / summed["tokens_held"] if summed["tokens_held"] else 0.0,
        "synthetic": sum(group["tokens"] for group in groups if group["synthetic"]),
        "languages": _by("language", groups),
        "licenses": _by("license", groups),
        "full": all(group["full"] for group in groups),
    }


def _by(name: str, groups: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Tokens by a group's `name`, most first; without those that give none."""
    tokens: Counter[str] = Counter()
    for group in groups:
        tokens[group[name]] += group["tokens"]
    return dict(sorted(((key, count) for key, count in tokens.items() if count), key=lambda item: (-item[1], item[0])))
