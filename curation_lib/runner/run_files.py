"""What a store holds of a run.

`training/<run>/`: `result.json` (written last), `state.pt` where others may start from it, `checkpoint.pt` while it is
at work, `run.json` (clock and host).
"""

from __future__ import annotations

import platform
import time
from contextlib import suppress
from typing import Any

from curation_lib.core.errors import WinnowError
from curation_lib.core.places import on_disk
from curation_lib.runner.store import Store, canonical_json
from curation_lib.valuation.runs import Run, RunResult, as_json, from_json

RESULT, STATE, CHECKPOINT = "result.json", "state.pt", "checkpoint.pt"


def key_of(run: Run | str) -> str:
    """Where a run lies in a store; by the run or its fingerprint."""
    return f"training/{run if isinstance(run, str) else run.print}"


def result_of(store: Store, run: Run) -> RunResult | None:
    """What a finished run came to, None where it is not finished."""
    told = store.find_json(f"{key_of(run)}/{RESULT}")
    if told is None or (run.keep and not store.exists(f"{key_of(run)}/{STATE}")):
        return None
    return from_json(told, (store.find_json(f"{key_of(run)}/run.json") or {}).get("seconds", {}))


def put_result(store: Store, run: Run, result: RunResult) -> None:
    """The result last; then checkpoints go."""
    key = key_of(run)
    facts = {"seconds": result.seconds, "host": platform.node(), "finished": time.time()}
    store.put(f"{key}/run.json", canonical_json({**facts, "run": run.model_dump(mode="json")}))
    store.put(f"{key}/{RESULT}", canonical_json(as_json(result)))
    _clear(store, key)


def _clear(store: Store, key: str) -> None:
    """Away with checkpoints, whole or half written: a killed worker leaves as much as the model and its optimiser. What
    is new may be another worker's that is at the same run, and stays."""
    for one in [f"{key}/{CHECKPOINT}", *store.abandoned(key)]:
        with suppress(FileNotFoundError):  # there was none, or another worker took it
            store.remove(one)


def save_state(store: Store, key: str, state: dict[str, Any]) -> None:
    """Weights, and what else `state` holds, at `key`."""
    import torch

    with store.writing(key) as to:
        torch.save(state, to.file)


def load_state(store: Store, key: str, missing: bool = False) -> dict[str, Any] | None:
    """Weights and optimiser at `key`. Nothing but tensors and numbers is loaded, whoever wrote the file."""
    import torch

    if not store.exists(key):
        if missing:
            return None
        raise WinnowError(f"{store.address(key)}: the run that others start from is not there; carry it out first")
    with on_disk(store.address(key)) as path:
        return torch.load(path, map_location="cpu", weights_only=True)  # type: ignore[no-any-return]
