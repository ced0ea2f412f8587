"""The mixture that a verdict makes: a candidate at its best share, beside what its base was mixed by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curation_lib.audit.builds import exports_at
from curation_lib.mix.weights import Weight
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store

ALL_ELSE = "what there is of all else"


class Mixture(NamedTuple):
    """`weights` as a recipe lists them; `beside`: by what the rest goes, in words."""

    weights: list[dict[str, Any]]
    beside: str


def mixture_of(store: Store, about: Mapping[str, Any], candidate: Mapping[str, Any], source: str = "") -> Mixture:
    """The candidate of a verdict, first, at the share that was best, then the weights of the base, made to share the
    rest. about: what the valuation's `about.json` holds. source: how recipes call the candidate, its name unless given.

    A base that is the export of a build in the store brings the weights of that phase, as far as documents belonged to
    them; of a mix by another rule the shares that it came to. Any other base is one entry, `*`.
    """
    name, share = source or str(candidate["name"]), float(candidate["share"])
    entries, beside = _base(store, about.get("base", ()), name)
    total = sum(one.weight for one in entries)
    if not total:
        entries, beside, total = [Weight(source="*", weight=1)], ALL_ELSE, 1.0
    rest = [_written(one, (1 - share) * one.weight / total) for one in entries]
    return Mixture([{"source": name, "weight": share}, *rest], beside)


def _written(entry: Weight, weight: float) -> dict[str, Any]:
    # Six significant digits, not six places: a small entry must not become one that is left out.
    return {**entry.model_dump(mode="json", exclude_defaults=True), "weight": float(f"{weight:.6g}")}


def _base(store: Store, paths: Sequence[str], name: str) -> tuple[list[Weight], str]:
    """The entries that the base was mixed by, without those of the source `name`, and in words whose they are."""
    exports = exports_at(paths)
    if len(exports) != 1:
        return [], ALL_ELSE
    ((corpus, build, phase),) = exports
    record = store.find_json(f"builds/{corpus}/{build}.json")
    steps = {step["step"]: step["directory"] for step in record["steps"]} if record else {}
    if record is None or f"mix.{phase}" not in steps:
        return [], ALL_ELSE
    mix, decided = record["recipe"]["mixes"][phase], complete(store, steps[f"mix.{phase}"]).facts["decision"]
    groups = [group for group in decided["groups"] if group["source"] != name]
    by_weights = mix.get("rule", "weights") == "weights"
    entries = _listed(mix, groups) if by_weights else _came_to(mix, groups)
    words = f"the {'weights' if by_weights else 'shares'} of {phase} of build {build} of {corpus}"
    return [one for one in entries if one.source != name], words


def _listed(mix: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> list[Weight]:
    """The weights that the recipe lists, without those that nothing belonged to: they shared in nothing."""
    listed = [Weight.model_validate(one) for one in mix.get("weights", ())]
    if rest := mix.get("default_weight"):
        listed.append(Weight(source="*", weight=rest))
    found = {n for group in groups for n in _homes(group, listed)}
    return [one for n, one in enumerate(listed) if n in found or not one.weight]


def _homes(group: Mapping[str, Any], listed: Sequence[Weight]) -> list[int]:
    """Entries that documents of the group may belong to: up to the first that takes all of them."""
    homes = []
    for n, one in enumerate(listed):
        # Groups do not tell metadata: an entry that asks for some may have matched.
        if one.model_copy(update={"metadata": {}}).matches(group["source"], group["language"], {}):
            homes.append(n)
            if not one.metadata:
                break
    return homes


def _came_to(mix: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> list[Weight]:
    """What the recipe excludes, then an entry with its tokens per source, or per language where the mix was by that."""
    excluded = [one for one in map(Weight.model_validate, mix.get("weights", ())) if not one.weight]
    by, tokens = mix.get("by") or "source", Counter[str]()
    for group in groups:
        tokens[group[by]] += group["tokens"]
    return [*excluded, *(Weight.model_validate({by: name, "weight": n}) for name, n in sorted(tokens.items()) if n)]
