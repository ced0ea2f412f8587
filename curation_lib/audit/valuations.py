"""The valuations of a store, `valuations/<name>/<fingerprint>/`: their reports written, listed and put to use.

`verdict.json` and `index.html` are told by `valuation_page`; `about.json`, which is small, says which documents were
the base and the candidates, wherever they lay, the verdict's sentence, and which leaderboard it is on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from curation_lib.audit.builds import BuildRecord, exports_at, list_builds
from curation_lib.audit.dataset_names import name_of
from curation_lib.audit.valuation_page import write
from curation_lib.core.errors import ConfigError
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.valuation import VERDICT, Plan, judge, place_of
from curation_lib.runner.valuation_cost import costs_of
from curation_lib.valuation.experiment import Valuation
from curation_lib.valuation.pool_settings import PoolSettings

ROOT, ABOUT = "valuations", "about.json"
TOLD = ("sentence", "comparable")
"""What `about.json` repeats of the report, so that lists of valuations need not read those."""


class Valued(NamedTuple):
    """One that has been judged. about: what `about.json` holds. made: when the store got it."""

    name: str
    fingerprint: str
    about: Mapping[str, Any]
    made: datetime

    def is_based_on(self, corpus: str, build: str) -> bool:
        """Whether its base is of the build's exports."""
        return any(one[:2] == (corpus, build) for one in exports_at(self.about.get("base", ())))

    @property
    def verdict(self) -> str:
        """Store key of the report."""
        return f"{ROOT}/{self.name}/{self.fingerprint}/{VERDICT}"

    @property
    def sentence(self) -> str:
        """The verdict in a sentence."""
        return str(self.about["sentence"])

    @property
    def comparable(self) -> str:
        """What names the leaderboard that it is on; empty in reports of early versions."""
        return str(self.about.get("comparable") or "")


def reported(valuation: Valuation, plan: Plan, session: Session) -> dict[str, Any]:
    """The verdict on runs that have been carried out, in the store with its page and its costs."""
    report, place = judge(valuation, plan, session), place_of(valuation, plan)
    paths = {"base": valuation.base.paths, "candidates": {n: one.paths for n, one in valuation.candidates.items()}}
    about = {**paths, **{name: report[name] for name in TOLD}}
    session.store.put(f"{place}/{ABOUT}", canonical_json(about))
    write(report, costs_of(valuation, plan, session), Store(session.store.address(place)))
    return report


def list_valuations(store: Store) -> Sequence[Valued]:
    """All that have been judged, in order of name and fingerprint."""
    found = []
    for key in store.list(ROOT):
        parts = key.split("/")
        if len(parts) == 4 and parts[-1] == VERDICT:
            about = about_of(store, key.removesuffix(f"/{VERDICT}"))
            found.append(Valued(parts[1], parts[2], about, store.modified(key)))
    return found


def about_of(store: Store, folder: str) -> dict[str, Any]:
    """What `about.json` holds, of a valuation of an early version with what it lacks; {} where none was judged."""
    about = store.find_json(f"{folder}/{ABOUT}") or {}
    if "sentence" not in about and (report := store.find_json(f"{folder}/{VERDICT}")):
        about = {**about, **{name: report.get(name) for name in TOLD}}
    return about


def best(report: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Of the candidates that are worth it the one with the largest effect at its share; None where none is."""
    worth = [one for one in report["candidates"] if one["share"] is not None]
    return max(worth, key=_effect, default=None)


def _effect(candidate: Mapping[str, Any]) -> float:
    return max(float(dose["effect"]["value"]) for dose in candidate["doses"] if dose["share"] == candidate["share"])


def varied(valuation: Valuation, store: Store, candidate: str | None = None, base: str | None = None) -> Valuation:
    """The valuation of the documents at another path or URL, on another base: a path, a URL, or the id of a finished
    build in the store. They are read and filtered as the file's: a candidate where the file's are all read alike, a
    build by the file's stages alone. Raises ConfigError for a build that is not there."""
    changed: dict[str, Any] = {}
    if candidate:
        changed["candidates"] = {name_of(candidate): _at(candidate, valuation.candidates.values())}
    if base:
        changed["base"] = _based(store, base, valuation.base)
    return valuation.model_copy(update=changed)


def _at(path: str, like: Iterable[PoolSettings]) -> PoolSettings:
    """The documents at a path, read as others are; as their names say where those differ."""
    first, *others = (one.model_copy(update={"paths": [path]}) for one in like)
    return PoolSettings(paths=[path], stages=[]) if any(one != first for one in others) else first


def _based(store: Store, base: str, like: PoolSettings) -> PoolSettings:
    """What the exports of the build's first phase hold; what lies at the path itself where it is one."""
    if "/" in base or "." in base:
        return _at(base, [like])
    builds = {one.build_id: one for one in list_builds(store)}
    if base not in builds:
        raise ConfigError(f"base: {store.url} holds no build {base!r}; builds are {', '.join(builds) or 'none'}")
    path = store.address(_export(store, builds[base]))
    return like.model_copy(update={"paths": [path], "source": "sources.parquet", "settings": {}})


def _export(store: Store, build: BuildRecord) -> str:
    root = f"exports/{build.corpus}/{build.build_id}"
    found = {key.split("/")[3] for key in store.list(root) if "/parquet/" in key}
    for phase in ("pretrain", "midtrain", "posttrain"):
        if phase in found:
            return f"{root}/{phase}/parquet"
    raise ConfigError(f"base: {store.address(root)} holds no documents; export the build as parquet")
