"""What runs took by the clock, beside what was told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation_lib.runner.run_files import key_of
from curation_lib.runner.store import Store
from curation_lib.valuation.cost import Cost, Machine
from curation_lib.valuation.runs import Run


def clock_of(store: Store, run: Run) -> Mapping[str, Any] | None:
    """When a run finished and what it took; None where it has not."""
    told: Mapping[str, Any] | None = store.find_json(f"{key_of(run)}/run.json")
    return told


def went(clocks: Sequence[Mapping[str, Any]], told: Cost, runs: int, machines: Sequence[Machine]) -> Cost:
    """The cost of finished runs by their clocks. told: of these; runs: that there are in all; machines: of each clock.
    hours: those in which any was at work."""
    begun = [one["finished"] - sum(one["seconds"].values()) for one in clocks]
    spans = sorted((since, one["finished"]) for since, one in zip(begun, clocks, strict=True))
    wall, until = 0.0, spans[0][0]
    for since, finished in spans:
        wall += max(0.0, finished - max(since, until))
        until = max(until, finished)
    busy = [(one["finished"] - since) / 3600 for since, one in zip(begun, clocks, strict=True)]
    hours = [each * machine.devices for each, machine in zip(busy, machines, strict=True)]
    money = sum(each * machine.price for each, machine in zip(hours, machines, strict=True))
    what = "as it went, by the clock" if len(clocks) == runs else f"as it went, {len(clocks)} of {runs} runs"
    return told._replace(what=what, hours=wall / 3600, device_hours=sum(hours), money=money)
