"""Trains a run: AdamW over its sequences, on one device or, under torchrun, on several; resumes from a checkpoint."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from curation_lib.core.errors import ConfigError, WinnowError
from curation_lib.valuation.model import built
from curation_lib.valuation.order import Order, order_of, per_step
from curation_lib.valuation.pool import Pool
from curation_lib.valuation.runs import Run

State = dict[str, Any]
"""`model` and `optimizer` (state dicts), `step` of the run, `curve`."""
CURVE = 20
"""Points of the training curve."""


@dataclass
class Trained:
    """A model after its run. seconds: of training in this process alone, not of what a killed one did before."""

    model: Any
    optimizer: Any
    order: Order
    curve: list[tuple[int, float]]
    seconds: float

    def state(self, weights_alone: bool = False) -> State:
        """What another run can start from; of weights alone one of no tokens."""
        weights = {"model": self.model.state_dict()}
        return weights if weights_alone else {**weights, "optimizer": self.optimizer.state_dict()}


@dataclass
class Hooks:
    """Where a run comes from and what hears of it. start: the state that it continues; resumed: its own checkpoint;
    save: takes checkpoints; heard: takes tokens as they are trained on."""

    start: State | None = None
    resumed: State | None = None
    save: Callable[[State], None] | None = None
    heard: Callable[[int], None] = field(default=lambda tokens: None)


def train(run: Run, pools: Sequence[Pool], hooks: Hooks) -> Trained:
    """The run's model, trained. pools: one per part. Raises WinnowError where the loss is no number any more."""
    import torch

    settle(run)
    model, order = built(run.model, pools[0].vocabulary).to(device(run)), order_of(run, pools)
    optimizer = _optimizer(model, run)
    step, curve = _restore(model, optimizer, run, hooks)
    forward = torch.compile(model) if run.optimisation.compile else model
    forward = _distributed(forward) if world() > 1 else forward
    began, every = time.perf_counter(), max(1, run.steps // CURVE)
    while step < run.steps:
        for group in optimizer.param_groups:
            group["lr"] = rate(run, step)
        loss = _step(forward, optimizer, run, order, step)
        step += 1
        hooks.heard(run.optimisation.batch_tokens)
        if step % every == 0 or step == run.steps:
            curve.append((step * run.optimisation.batch_tokens, _finite(loss, run, step)))
        if hooks.save is not None and _due(run, step):
            hooks.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "curve": curve})
    return Trained(model, optimizer, order, curve, time.perf_counter() - began)


def settle(run: Run) -> None:
    """Threads and arithmetic as the run's numbers need them. On a CPU the same run gives the same bits. Raises
    ConfigError where there are not the GPUs that it asks for."""
    import torch

    if run.optimisation.device == "cuda" and torch.cuda.device_count() < run.optimisation.devices:
        raise ConfigError(
            f"optimisation.device cuda: this worker has {torch.cuda.device_count()} of {run.optimisation.devices} GPUs "
            "(or a torch without CUDA); train on a worker that has them, or write device: cpu"
        )
    torch.set_num_threads(run.optimisation.threads)
    torch.use_deterministic_algorithms(True, warn_only=run.optimisation.device == "cuda")


def device(run: Run) -> str:
    """Of this process."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if run.optimisation.device == "cuda" else "cpu"


def world() -> int:
    """How many processes train together; torchrun says it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    return int(os.environ.get("RANK", "0"))


def rate(run: Run, step: int) -> float:
    """The learning rate of a step: a linear warmup from scratch, then the peak or a line to zero."""
    settings, tokens = run.optimisation, (step + 1) * run.optimisation.batch_tokens
    peak = settings.learning_rate
    if run.start is None and settings.warmup_tokens and tokens < settings.warmup_tokens:
        return peak * tokens / settings.warmup_tokens
    return peak * (1 - step / run.steps) if run.decay == "linear" else peak


def _optimizer(model: Any, run: Run) -> Any:
    import torch

    settings = run.optimisation
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, settings.beta2), fused=True)


def _restore(model: Any, optimizer: Any, run: Run, hooks: Hooks) -> tuple[int, list[tuple[int, float]]]:
    state = hooks.resumed or hooks.start
    if state is None:
        return 0, []
    model.load_state_dict(state["model"])
    if run.steps:
        optimizer.load_state_dict(state["optimizer"])
    return (state["step"], list(state["curve"])) if hooks.resumed else (0, [])


def _distributed(model: Any) -> Any:
    import torch

    return torch.nn.parallel.DistributedDataParallel(model)


def _step(forward: Any, optimizer: Any, run: Run, order: Order, step: int) -> Any:
    """One update; the mean loss of this process's sequences, a tensor."""
    import numpy as np
    import torch

    size, settings = per_step(run), run.optimisation
    mine = size // world()
    first = step * size + rank() * mine
    tokens = torch.from_numpy(np.stack([order.sequence(first + n) for n in range(mine)])).to(device(run))
    micro = settings.micro_sequences or mine
    total = torch.zeros((), device=device(run))
    pieces = tokens.split(micro)
    for n, piece in enumerate(pieces, 1):
        with nullcontext() if n == len(pieces) or world() == 1 else forward.no_sync():  # gradients are summed once
            with torch.autocast(settings.device, torch.bfloat16, enabled=settings.precision == "bfloat16"):
                logits = forward(input_ids=piece[:, :-1]).logits
            loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), piece[:, 1:].flatten())
            loss = loss * (len(piece) / mine)
            loss.backward()
        total += loss.detach()
    torch.nn.utils.clip_grad_norm_(forward.parameters(), settings.clip)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return total


def _due(run: Run, step: int) -> bool:
    every = run.optimisation.checkpoint_tokens
    if every is None or step == run.steps:
        return False
    size = run.optimisation.batch_tokens
    return step * size // every > (step - 1) * size // every


def _finite(loss: Any, run: Run, step: int) -> float:
    value = float(loss)
    if not math.isfinite(value):
        raise WinnowError(f"run {run.print}: the loss of step {step} is {value}; lower optimisation.learning_rate")
    return round(value, 6)
