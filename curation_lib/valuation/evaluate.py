"""Bits per byte of a model over a measure set, document by document."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from curation_lib.valuation.pool import Pool
from curation_lib.valuation.runs import Losses, Run
from curation_lib.valuation.train import device

WINDOWS = 16
"""Windows of one forward pass, at most."""
LOGITS = 1 << 28
"""Of one forward pass, 1 GB, unless a single window has more: what a large vocabulary makes of 16 windows of 4,096
tokens would not fit beside a model."""


def measured(model: Any, run: Run, pool: Pool) -> Losses:
    """What the model makes of each document of the set.

    A document is predicted from the end of another on, in windows of the model's length that do not overlap, so that
    the first tokens of a window see little: the same for every model that is compared. Its own end is not counted.
    """
    inputs, targets, owner = _windows(pool, run.model.sequence_length)
    bits = np.zeros(len(pool.bytes))
    model.eval()
    step = windows_of_a_pass(inputs.shape[1], pool.vocabulary)
    for first in range(0, len(inputs), step):
        rows = slice(first, first + step)
        lost = _lost(model, run, inputs[rows], targets[rows])
        np.add.at(bits, owner[rows], lost / math.log(2))
    model.train()
    return Losses(bits, pool.bytes.copy())


def windows_of_a_pass(length: int, vocabulary: int) -> int:
    """How many windows of `length` tokens are predicted at once."""
    return max(1, min(WINDOWS, LOGITS // (length * vocabulary)))


def _lost(model: Any, run: Run, inputs: npt.NDArray[np.int64], targets: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Nats of each window, float64[windows]."""
    import torch

    width = int(np.flatnonzero((targets >= 0).any(axis=0))[-1]) + 1
    given = torch.from_numpy(inputs[:, :width]).to(device(run))
    wanted = torch.from_numpy(targets[:, :width]).to(device(run))
    settings = run.optimisation
    with (
        torch.inference_mode(),
        torch.autocast(settings.device, torch.bfloat16, enabled=settings.precision == "bfloat16"),
    ):
        logits = model(input_ids=given).logits
        losses = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), wanted.flatten(), ignore_index=-1, reduction="none"
        )
    return losses.view(wanted.shape).double().sum(dim=1).cpu().numpy()  # type: ignore[no-any-return]


def _windows(pool: Pool, length: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Windows of all documents: inputs and targets int64[windows, length], -1 where nothing is predicted, and the
    document of each. Of like length side by side."""
    inputs, targets, owner = [], [], []
    for row in range(len(pool.bytes)):
        ids = pool.ids[pool.offsets[row] : pool.offsets[row + 1] - 1].astype(np.int64)
        given = np.concatenate([[pool.eos], ids[:-1]])
        wanted = ids.copy()
        wanted[: pool.skipped[row]] = -1
        for first in range(0, len(ids), length):
            piece = slice(first, first + length)
            if (wanted[piece] >= 0).any():
                inputs.append(_padded(given[piece], length, pool.eos))
                targets.append(_padded(wanted[piece], length, -1))
                owner.append(row)
    used = np.array([int(np.flatnonzero(one >= 0)[-1]) for one in targets])
    by_length = np.argsort(used, kind="stable")
    return np.stack(inputs)[by_length], np.stack(targets)[by_length], np.asarray(owner)[by_length]


def _padded(values: npt.NDArray[np.int64], length: int, with_: int) -> npt.NDArray[np.int64]:
    return np.pad(values, (0, length - len(values)), constant_values=with_)
