"""Mixtures in a store: weights that an experiment found, `mixtures/<name>/<fingerprint>/weights.yaml`; one is current.

A recipe's `weights_file: <store>/mixtures/<name>` means the current one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import yaml

from curation_lib.core.artefact import CURRENT, check_name
from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.weights_files import REPORT, WEIGHTS
from curation_lib.runner.store import Store, canonical_json

ROOT = "mixtures"


class Mixture(NamedTuple):
    """A version of a mixture. weights: as a recipe lists them. report: what the experiment came to and where it lies.
    made: when the store got it."""

    name: str
    fingerprint: str
    weights: Sequence[Mapping[str, Any]]
    report: Mapping[str, Any]
    current: bool
    made: datetime


def publish_mixture(store: Store, name: str, weights: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> str:
    """Put the weights into the store, as a recipe's mix lists them; their fingerprint. What is current stays so.

    report: what the experiment came to and where it lies; it is part of what the fingerprint hashes.
    Raises ConfigError for a name that is no single word.
    """
    check_name(name, "mixture")
    print_ = print_of(weights, report)
    told = f"# Found by {report.get('experiment', 'hand')}; {REPORT} says how.\n"
    store.put(f"{_directory(name, print_)}/{REPORT}", canonical_json(dict(report)))
    listed = yaml.safe_dump([dict(one) for one in weights], sort_keys=False)
    store.put(f"{_directory(name, print_)}/{WEIGHTS}", (told + listed).encode())
    return print_


def print_of(weights: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> str:
    """The fingerprint under which a mixture is, or would be, published."""
    return fingerprint([list(weights), dict(report)])


def use_mixture(store: Store, name: str, print_: str) -> None:
    """From now on `mixtures/<name>` means this one. Raises ConfigError where it is not there."""
    if not store.exists(f"{_directory(name, print_)}/{WEIGHTS}"):
        known = ", ".join(one.fingerprint for one in list_mixtures(store, name)) or "none"
        raise ConfigError(
            f"{store.address(_directory(name, print_))}: there are no weights; versions of {name} are {known}"
        )
    store.put(f"{ROOT}/{name}/{CURRENT}", canonical_json({"fingerprint": print_}))


def current_mixture(store: Store, name: str) -> str | None:
    """The current mixture's fingerprint, None where none is."""
    found = store.find_json(f"{ROOT}/{name}/{CURRENT}")
    return found["fingerprint"] if found else None


def find_mixture(store: Store, name: str, print_: str) -> Mixture:
    """A version that has been published."""
    directory = _directory(name, print_)
    return Mixture(
        name,
        print_,
        yaml.safe_load(store.read(f"{directory}/{WEIGHTS}")),
        store.read_json(f"{directory}/{REPORT}"),
        current_mixture(store, name) == print_,
        store.modified(f"{directory}/{WEIGHTS}"),
    )


def list_mixtures(store: Store, name: str = "") -> list[Mixture]:
    """Every version of the mixture, or of all: by name, the newest first."""
    keys = [key.split("/") for key in store.list(f"{ROOT}/{name}" if name else ROOT)]
    found = [find_mixture(store, key[1], key[2]) for key in keys if len(key) == 4 and key[3] == WEIGHTS]
    newest = sorted(found, key=lambda one: (one.made, one.fingerprint), reverse=True)
    return sorted(newest, key=lambda one: one.name)


def _directory(name: str, print_: str) -> str:
    return f"{ROOT}/{name}/{print_}"
