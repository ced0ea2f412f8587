"""Mixtures in a store: weights that an experiment found, `mixtures/<name>/<fingerprint>/weights.yaml`; one is current.

A recipe's `weights_file: <store>/mixtures/<name>` means the current one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from curation_lib.core.artefact import CURRENT, check_name
from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.weights_files import WEIGHTS
from curation_lib.runner.store import Store, canonical_json

ROOT = "mixtures"
REPORT = "report.json"


def publish_mixture(store: Store, name: str, weights: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> str:
    """Put the weights into the store, as a recipe's mix lists them; their fingerprint. What is current stays so.

    report: what the experiment came to and where it lies; it is part of what the fingerprint hashes.
    Raises ConfigError for a name that is no single word.
    """
    check_name(name, "mixture")
    print_ = fingerprint([list(weights), dict(report)])
    told = f"# Found by {report.get('experiment', 'hand')}; {REPORT} says how.\n"
    store.put(f"{_directory(name, print_)}/{REPORT}", canonical_json(dict(report)))
    listed = yaml.safe_dump([dict(one) for one in weights], sort_keys=False)
    store.put(f"{_directory(name, print_)}/{WEIGHTS}", (told + listed).encode())
    return print_


def use_mixture(store: Store, name: str, print_: str) -> None:
    """From now on `mixtures/<name>` means this one. Raises ConfigError where it is not there."""
    if not store.exists(f"{_directory(name, print_)}/{WEIGHTS}"):
        raise ConfigError(f"{store.address(_directory(name, print_))}: there are no weights; publish the mixture first")
    store.put(f"{ROOT}/{name}/{CURRENT}", canonical_json({"fingerprint": print_}))


def current_mixture(store: Store, name: str) -> str | None:
    """The current mixture's fingerprint, None where none is."""
    found = store.find_json(f"{ROOT}/{name}/{CURRENT}")
    return found["fingerprint"] if found else None


def _directory(name: str, print_: str) -> str:
    return f"{ROOT}/{name}/{print_}"
