"""Fills in the data card of an export from the manifests that led to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from curation_lib.core.recipe import Recipe, recipe_fingerprint
from curation_lib.core.recipe_stages import sources_of
from curation_lib.core.stage import Filter, Stage
from curation_lib.export.card import render_card
from curation_lib.export.facts import (
    NOT_DONE,
    CardFacts,
    Files,
    Funnel,
    Gate,
    Group,
    Limit,
    MixFacts,
    Released,
    SourceLicense,
    StageSettings,
)
from curation_lib.export.picture import PICTURE, picture
from curation_lib.export.schema import ExportConfig
from curation_lib.runner.export import format_of, kind_of
from curation_lib.runner.gates import gate_key
from curation_lib.runner.lineage import ancestors, released_in
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.plan import Step, plan
from curation_lib.runner.session import identities
from curation_lib.runner.store import Store
from curation_lib.text.tokenizers.settings import described

Made = list[tuple[Step, Manifest]]


def card_writer(recipe: Recipe, store: Store) -> Callable[[Step, Manifest], dict[str, str]]:
    """A function that renders README.md for an export of `recipe`, and its picture: texts by name."""

    def write(step: Step, manifest: Manifest) -> dict[str, str]:
        facts = _facts(recipe, store, step, manifest)
        drawn = {PICTURE: picture(facts.title, facts.mixed)} if facts.mixed else {}
        return {"README.md": render_card(facts), **drawn}

    return write


def made_of(recipe: Recipe, store: Store, manifest: Manifest) -> Made:
    """The steps that led to `manifest`, in plan order, each with its dataset."""
    known = list(ancestors(store, [manifest]))[1:]
    pairs = []
    for step in plan(recipe):
        ids = identities(step)
        pairs += [(step, m) for m in known if m.label == step.label and m.stages == ids]
    return pairs


def _facts(recipe: Recipe, store: Store, step: Step, manifest: Manifest) -> CardFacts:
    made = made_of(recipe, store, manifest)
    mix, mixed = next((s, m) for s, m in made if s.label == f"mix.{step.phase}")
    return CardFacts(
        title=f"{recipe.corpus} {step.phase}",
        corpus=recipe.corpus,
        phase=step.phase,  # type: ignore[arg-type]
        build_id=manifest.facts["build_id"],
        recipe_fingerprint=recipe_fingerprint(recipe),
        location=f"$WINNOW_STORE/{manifest.directory}",
        description=recipe.description,
        files=tuple(one for stage, _ in step.bound for one in _files(stage, manifest.facts["formats"])),
        tokenizer=_tokenizer(step),
        groups=tuple(Group(**g) for g in manifest.facts["composition"]),
        funnel=tuple(_funnel(s.id, m.counts) for s, m in made),
        licenses=_licenses(recipe),
        gates=_gates(made, store),
        mix=(mix_settings := _settings(mix)[0]),
        mixed=MixFacts(**mixed.facts["decision"]),
        weights_from=recipe.mixes[step.phase].get("weights_from"),  # type: ignore[index]
        filters=(filters := tuple(x for s, _ in made if s.kind == "filter" for x in _settings(s))),
        not_done=_not_done(filters, mix_settings),
        released=tuple(_released(s.id, fact) for s, m in made for fact in released_in([m])),
    )


def _tokenizer(step: Step) -> str:
    """What counted the tokens of an export's rows, and what pins it."""
    return next(described(config.tokenizer) for _, config in step.bound if isinstance(config, ExportConfig))


def _files(stage: Stage, counts: Mapping[str, dict[str, int]]) -> list[Files]:
    """The format's files, table by table."""
    name, format = kind_of(stage), format_of(stage)
    about = {"loader": format.loader, "load": format.load}
    if not format.tables:
        return [Files(name=name, path=f"{name}/*{format.suffixes[0]}", counts=counts[name], **about)]
    tables = [pair for pair in zip(format.tables, format.suffixes, strict=True) if counts[name].get(pair[0])]
    return [
        Files(name=f"{name}-{table}", path=f"{name}/*{suffix}", counts={"rows": counts[name][table]}, **about)
        for table, suffix in tables
    ]


def _not_done(filters: Sequence[StageSettings], mix: StageSettings) -> tuple[Limit, ...]:
    """A filter looks at all documents, a mix for mid- or post-training at its own."""
    clean = any(f.stage == "filters.decontaminate" and f.settings["max_contamination"] is not None for f in filters)
    clean = clean or bool(mix.settings["benchmarks"])
    return tuple(limit for limit in NOT_DONE if not (clean and limit.name == "Decontamination"))


def _funnel(step: str, counts: dict[str, Any]) -> Funnel:
    return Funnel(
        stage=step,
        rows_in=counts["rows_in"] - counts["skipped"],
        created=counts["created"],
        kept=counts["kept"],
        dropped={k: n for k, n in counts["dropped"].items() if n},
        quarantined=sum(counts["quarantined"].values()),
        skipped=counts["skipped"],
    )


def _released(step: str, fact: dict[str, Any]) -> Released:
    print_, documents = fact["fingerprint"], fact["documents"]
    return Released(stage=step, dataset=fact["label"], fingerprint=print_, documents=documents)


def _licenses(recipe: Recipe) -> tuple[SourceLicense, ...]:
    found = []
    for name, chain in sources_of(recipe).items():
        settings = chain[0][1].model_dump()
        license, evidence = settings.get("license", "unknown"), settings.get("license_evidence")
        found.append(SourceLicense(source=name, license=license, evidence=evidence))
    return tuple(found)


def _settings(step: Step) -> list[StageSettings]:
    return [
        StageSettings(stage=stage.name, version=stage.version, settings=config.only("output", "measure", "keep"))
        for stage, config in step.bound
        if isinstance(stage, Filter) or step.kind == "group"
    ]


def _gates(made: Sequence[tuple[Step, Manifest]], store: Store) -> tuple[Gate, ...]:
    gates = []
    for step, manifest in made:
        root = gate_key(manifest, step.contract)
        result = store.find_json(f"{root}/result.json")
        if result is not None and result["success"]:
            gates.append(Gate(stage=step.id, expectations=result["evaluated"], page=root))
    return tuple(gates)
