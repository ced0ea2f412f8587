"""One run on several devices of this machine: a process for each, started by torchrun. As `python -m`, one of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from curation_lib.core.errors import WinnowError
from curation_lib.runner.reports import Heard, heard_by, reporting
from curation_lib.runner.store import Store, canonical_json
from curation_lib.valuation.runs import Run

_MEASURING = timedelta(days=2)
_LOOKS = 2.0
"""Seconds between two looks of the training at the process that started it, and the other way round."""
TOKENS = "tokens"
"""The file by which the first process says how many tokens were trained on."""


def trained_on_devices(store: Store, run: Run) -> None:
    """Train and measure the run in `devices` processes; the first of them writes to the store. Raises WinnowError, with
    the last of what they said, where they fail."""
    with tempfile.TemporaryDirectory(prefix="winnow-train-") as folder:
        order, told = Path(folder, "run.json"), {"store": store.url, "run": run.model_dump(mode="json")}
        order.write_bytes(canonical_json({**told, "worker": os.getpid()}))
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(run.optimisation.devices)]
        command = [sys.executable, *launch, "-m", "curation_lib.runner.torchrun", str(order)]
        with Path(folder, "said").open("w+b") as said:
            status = _followed(subprocess.Popen(command, stdout=said, stderr=said), order.with_name(TOKENS))
            said.seek(0)
            last = said.read().decode(errors="replace")[-2000:]
    if status:
        raise WinnowError(f"run {run.print} failed under torchrun:\n{last}")


def _followed(training: subprocess.Popen[bytes], tokens: Path) -> int:
    """The process's exit status; meanwhile it is reported how many tokens were trained on, which is when a worker hears
    that it is to stop."""
    heard, told = reporting(), 0
    try:
        while True:
            try:
                return training.wait(_LOOKS)
            except subprocess.TimeoutExpired:
                now = int((tokens.read_text() if tokens.exists() else "") or told)  # empty while it is written
                heard({"tokens": now - told})
                told = now
    finally:
        training.terminate()  # it ends the processes that it has started; of one that ended, nothing
        training.wait()


def end_with(worker: int) -> None:
    """Ends this process when the process `worker` is gone: a killed worker leaves no training behind that would go on
    beside the one that takes its place."""

    def follow() -> None:
        while _is_there(worker):
            time.sleep(_LOOKS)
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _noting(file: Path) -> Heard:
    """Writes into the file how many tokens were trained on."""
    trained = 0

    def heard(tally: Mapping[str, int]) -> None:
        nonlocal trained
        trained += tally["tokens"]
        file.write_text(str(trained))

    return heard


def main(path: str) -> None:
    """One process of torchrun: the run that the file at `path` tells."""
    import orjson
    import torch

    from curation_lib.runner.training_process import train_here

    told = orjson.loads(Path(path).read_bytes())
    end_with(told["worker"])
    run = Run.model_validate(told["run"])
    torch.distributed.init_process_group("nccl" if run.optimisation.device == "cuda" else "gloo")
    # The others wait while the first measures and answers, which may take longer than a step is given.
    waiting = torch.distributed.new_group(backend="gloo", timeout=_MEASURING)
    if run.optimisation.device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    try:
        with heard_by(_noting(Path(path).with_name(TOKENS))):
            train_here(Store(told["store"]), run)
        torch.distributed.barrier(waiting)
    finally:
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1])
