"""What runs cost: operations, hours, money; beside them the same question asked without a shared trunk, and at 7B.

Training takes `flops_per_token` of the model (6 per parameter and attention), measuring a third of it: the forward pass
alone. A machine is described by the operations per second that it reaches: measured with the very model on a CPU
(`calibrate.py`), assumed for GPUs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import Field

from curation_lib.core.recipe import Section
from curation_lib.valuation.model_settings import ModelSettings
from curation_lib.valuation.runs import Run

H100_FLOPS = 989e12
"""Dense bfloat16 operations per second of one H100 SXM, from NVIDIA's data sheet (without sparsity)."""


LARGE = {"hidden": 4096, "layers": 32, "heads": 32, "intermediate": 11008, "sequence_length": 4096}
"""Llama 2 7B (Touvron et al. 2023, arXiv 2307.09288)."""


class Machine(NamedTuple):
    """training, measuring: FLOP per second of one run that is alone, over all its devices. crowding: how many times
    longer each takes while all `workers` are busy. devices: of one run. start: seconds of a run beside both; once: of
    each worker before its first run, for what it imports. price: of a device per hour. assumes: what of this was not
    measured, in words."""

    name: str
    training: float
    measuring: float
    workers: int = 1
    crowding: float = 1.0
    devices: int = 1
    start: float = 0.0
    once: float = 0.0
    price: float = 0.0
    assumes: tuple[str, ...] = ()


class CostSettings(Section):
    """Prices, and what is extrapolated to. cpu_price, gpu_price: of a process and of an H100 per hour, in `currency`;
    no offer of anyone's. gpu_utilisation: FLOP reached of those possible (Llama 3 reached 0.38 to 0.43: Llama team
    2024, arXiv 2407.21783, table 4). gpus: of one run. large: the model; vocabulary: its own. trunk_tokens: what it was
    trained on; anneal_tokens: of each of the experiment's anneals with it."""

    cpu_price: float = Field(default=0.05, ge=0)
    gpu_price: float = Field(default=3.0, ge=0)
    currency: str = "USD"
    gpu_utilisation: float = Field(default=0.4, gt=0, le=1)
    gpus: int = Field(default=64, ge=1)
    large: ModelSettings = ModelSettings.model_validate(LARGE)
    vocabulary: int = Field(default=32_000, ge=2)
    trunk_tokens: int = Field(default=10**12, ge=1)
    anneal_tokens: int = Field(default=2 * 10**10, ge=1)


class Cost(NamedTuple):
    """What `what` takes. hours: from begin to end; device_hours: that devices are busy; money: for those."""

    what: str
    machine: str
    runs: int
    flops: float
    hours: float
    device_hours: float
    money: float
    currency: str
    assumes: tuple[str, ...] = ()


class Work(NamedTuple):
    """A run in operations. after: place of the run that it starts from."""

    training: float
    measuring: float
    after: int | None = None


def h100(settings: CostSettings) -> Machine:
    """`gpus` H100 that train one run at a time, as the settings assume."""
    reached = H100_FLOPS * settings.gpu_utilisation * settings.gpus
    assumes = (
        f"{settings.gpu_utilisation:.0%} of {H100_FLOPS / 1e12:.0f} TFLOP/s (bfloat16, dense) on each H100",
        f"{settings.gpu_price:g} {settings.currency} an hour for each",
    )
    name = f"{settings.gpus} H100"
    return Machine(name, reached, reached, devices=settings.gpus, price=settings.gpu_price, assumes=assumes)


def work_of(runs: Sequence[Run], measured: Mapping[str, int], vocabulary: int) -> list[Work]:
    """What runs take. measured: tokens of each measure set, by its store key."""
    starts = {run.start for run in runs if run.start is not None}
    places = {run.print: n for n, run in enumerate(runs)} if starts else {}
    found = []
    for run in runs:
        each = run.model.flops_per_token(vocabulary)
        tokens = run.steps * run.optimisation.batch_tokens
        after = None if run.start is None else places.get(run.start)
        found.append(Work(tokens * each, asked(run, measured) * each / 3, after))
    return found


def asked(run: Run, measured: Mapping[str, int]) -> int:
    """Tokens that a run is measured with. measured: of each measure set, by its store key."""
    return sum(measured[key] for key in run.measures.values())


def cpu(measured: Mapping[str, Any], settings: CostSettings) -> Machine:
    """A machine that was measured, at the settings' price. measured: fields of Machine; a price among them is not
    taken."""
    assumes = (f"{settings.cpu_price:g} {settings.currency} an hour for each process",) if settings.cpu_price else ()
    return Machine(**{**measured, "price": settings.cpu_price, "assumes": assumes})


def tokens_of(runs: Iterable[Run]) -> int:
    """Tokens that runs train on."""
    return sum(run.steps * run.optimisation.batch_tokens for run in runs)


def in_money(value: float, currency: str) -> str:
    """An amount in words: to the cent, small ones to two digits."""
    return f"{value:.2g} {currency}" if 0 < value < 0.1 else f"{value:,.2f} {currency}"


def priced(what: str, work: Sequence[Work], machines: Machine | Sequence[Machine], currency: str) -> Cost:
    """What work costs on a machine; on that of each piece of it, where models differ."""
    each = [machines] * len(work) if isinstance(machines, Machine) else machines
    known = [machines] if isinstance(machines, Machine) else machines
    wall, busy = elapsed(work, each)
    flops = sum(one.training + one.measuring for one in work)
    hours = [seconds * machine.devices / 3600 for seconds, machine in zip(busy, each, strict=True)]
    money = sum(one * machine.price for one, machine in zip(hours, each, strict=True))
    name = ", ".join(dict.fromkeys(one.name for one in known))
    assumes = tuple(dict.fromkeys(said for one in known for said in one.assumes))
    return Cost(what, name, len(work), flops, wall / 3600, sum(hours), money, currency, assumes)


def elapsed(work: Sequence[Work], machines: Sequence[Machine]) -> tuple[float, list[float]]:
    """Seconds from begin to end, and that each piece of work takes: workers take what is ready, in order, and slow each
    other down. machines: of each piece, its workers being those of all."""
    left = [seconds_of(one, machine) for one, machine in zip(work, machines, strict=True)]
    waiting, active, done = list(range(len(work))), list[int](), set[int]()
    wall, busy, awake = 0.0, [0.0] * len(work), 0
    workers = max((machine.workers for machine in machines), default=1)
    while waiting or active:
        ready = [n for n in waiting if work[n].after is None or work[n].after in done]
        taken = ready[: workers - len(active)]
        active += taken
        waiting = [n for n in waiting if n not in taken]
        for n in taken[: max(0, len(active) - awake)]:
            left[n] += machines[n].once
        awake = max(awake, len(active))
        until = {n: left[n] * _slower(len(active), machines[n]) for n in active}
        first = min(active, key=until.__getitem__)
        wall += until[first]
        for n in active:
            busy[n] += until[first]
            left[n] -= until[first] / _slower(len(active), machines[n])
        done |= {n for n in active if left[n] <= 0} | {first}
        active = [n for n in active if n not in done]
    return wall, busy


def seconds_of(one: Work, machine: Machine) -> float:
    """Of a run that is alone."""
    return machine.start + one.training / machine.training + one.measuring / machine.measuring


def _slower(active: int, machine: Machine) -> float:
    return 1 + (machine.crowding - 1) * (active - 1) / max(1, machine.workers - 1)
