"""The mixture that the report of an experiment offers: of a valuation's best candidate, or a search's optimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from curation_lib.audit.mixture_page import NAME, WEIGHTS
from curation_lib.audit.valuations import about_of, best
from curation_lib.audit.valued_mixture import mixture_of
from curation_lib.core.errors import ConfigError
from curation_lib.runner.store import Store
from curation_lib.runner.valuation import VERDICT
from curation_lib.valuation.arms import percent


class NothingFound(ConfigError):
    """No candidate is worth it, or the optimum did not beat UniMax."""


class Found(NamedTuple):
    """name: what it would be called in the store. weights: as a recipe lists them. report: what is said of it, as
    `publish_mixture` takes it. detail: what the weights are, in a sentence."""

    name: str
    weights: Sequence[Mapping[str, Any]]
    report: Mapping[str, Any]
    detail: str


def mixture_in(store: Store, directory: str, source: str = "") -> Found:
    """The mixture of the report at a key such as `valuations/<name>/<fingerprint>` or `searches/…`. source: how recipes
    call a valuation's candidate, its name unless given. Raises ConfigError where there is no report, NothingFound where
    it offers none."""
    directory = directory.rstrip("/")
    if (verdict := store.find_json(f"{directory}/{VERDICT}")) is not None:
        return _valued(store, directory, verdict, source)
    if (report := store.find_json(f"{directory}/{NAME}.json")) is not None:
        return _searched(store, directory, report)
    raise ConfigError(
        f"{store.address(directory)} holds no report; name one of the store, valuations/NAME/FINGERPRINT or searches/…"
    )


def _valued(store: Store, directory: str, verdict: Mapping[str, Any], source: str) -> Found:
    if (candidate := best(verdict)) is None:
        raise NothingFound(f"no candidate is worth it: {verdict['sentence']}")
    weights, beside = mixture_of(store, about_of(store, directory), candidate, source)
    said = {"experiment": f"valuation {verdict['name']}", "sentence": verdict["sentence"], "beside": beside}
    detail = f"{candidate['name']} is best at {percent(candidate['share'])}; the rest goes by {beside}."
    return Found(verdict["name"], weights, {**said, "directory": directory}, detail)


def _searched(store: Store, directory: str, report: Mapping[str, Any]) -> Found:
    if not report["ships"]:
        raise NothingFound(f"the optimum does not ship: {report['verdict']}")
    weights = yaml.safe_load(store.read(f"{directory}/{WEIGHTS}"))["weights"]
    said = {"experiment": f"search {report['search']}", "sentence": report["verdict"], "directory": directory}
    return Found(report["search"], weights, said, "")
