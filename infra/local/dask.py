"""The Dask scheduler and workers, as processes of their own: a build outlives any of them."""

from __future__ import annotations

import json
import sys

from infra.local.settings import HOST, Settings
from infra.local.web import fetch

PROGRAMS = ("dask-scheduler", "dask-worker")


def commands(settings: Settings) -> dict[str, list[str]]:
    """Program name -> command line. One program holds all workers; its nannies replace a killed one."""
    scheduler = ["distributed.cli.dask_scheduler", "--host", HOST, "--port", str(settings.dask_port)]
    scheduler += ["--dashboard-address", f"{HOST}:{settings.dask_dashboard_port}"]
    worker = ["distributed.cli.dask_worker", settings.scheduler_address, "--host", HOST]
    worker += [
        "--nworkers",
        str(settings.workers),
        "--nthreads",
        "1",
        "--memory-limit",
        settings.worker_memory,
        "--resources",
        "train=1",
    ]
    # A worker's own page would listen on all interfaces; the scheduler's dashboard shows every worker.
    worker += ["--dashboard-address", f"{HOST}:0", "--local-directory", str(settings.home / "dask")]
    return {
        "dask-scheduler": [sys.executable, "-m", *scheduler],
        "dask-worker": [sys.executable, "-m", *worker],
    }


def workers(settings: Settings) -> int:
    """How many workers the scheduler counts, 0 if it does not answer."""
    answer = fetch(f"http://{HOST}:{settings.dask_dashboard_port}/json/counts.json")
    return int(json.loads(answer)["workers"]) if answer else 0
