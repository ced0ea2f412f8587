"""Where work runs: in this process, in Dask's process pool, or on a Dask cluster. Nothing else imports Dask."""

from __future__ import annotations

from curation_lib.core.errors import ConfigError
from curation_lib.runner.dask.cluster import DaskScheduler
from curation_lib.runner.dask.local import LocalScheduler
from curation_lib.runner.dask.protocol import OnDone, Resources, Scheduler

__all__ = ["DaskScheduler", "LocalScheduler", "OnDone", "Resources", "Scheduler", "scheduler"]


def scheduler(address: str, workers: int | None = None) -> Scheduler:
    """`local`, or the address of a Dask scheduler (tcp://host:port)."""
    if address == "local":
        return LocalScheduler(workers)
    if "://" not in address:
        raise ConfigError(f"--scheduler {address!r}: write `local` or tcp://host:port")
    return DaskScheduler(address)
