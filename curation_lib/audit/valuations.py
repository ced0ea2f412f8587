"""The valuations of a store: `valuations/<name>/<fingerprint>/verdict.json`, each with its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from curation_lib.runner.store import Store

ROOT, VERDICT = "valuations", "verdict.json"


class Valued(NamedTuple):
    """One that has been judged. report: what `verdict.json` holds. made: when the store got it."""

    name: str
    fingerprint: str
    report: Mapping[str, Any]
    made: datetime


def list_valuations(store: Store) -> Sequence[Valued]:
    """All that have been judged, in order of name and fingerprint."""
    found = []
    for key in store.list(ROOT):
        parts = key.split("/")
        if len(parts) == 4 and parts[-1] == VERDICT:
            found.append(Valued(parts[1], parts[2], store.read_json(key), store.modified(key)))
    return found
