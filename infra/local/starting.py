"""Starting the programs in the order in which they lean on each other, and waiting for each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from infra.local import airflow, ceph, dask, local_model, processes, store
from infra.local.credentials import Credentials
from infra.local.settings import Settings
from infra.local.waiting import Waiting
from infra.local.web import fetch

Say = Callable[[str], None]


def start(settings: Settings, secrets: Credentials, remote: Any, env: dict[str, str], say: Say) -> None:
    """Start what is not up, under a running process manager, and return when every part is healthy.

    Ceph comes up while Airflow makes its database. Raises StackError if a part does not come.
    """
    since, wait = datetime.now(UTC), Waiting(settings, remote, say)
    processes.start(remote, (*dask.PROGRAMS, *local_model.commands(settings)))
    with ThreadPoolExecutor(2) as pool:
        storing = pool.submit(_start_ceph, settings, secrets, say) if settings.uses_ceph else None
        restarted = pool.submit(_start_airflow, settings, env, say).result()
        if storing is not None:
            storing.result()
    wait.until("dask workers", lambda: dask.workers(settings) >= settings.workers)
    if settings.model_port:
        wait.until("local model", lambda: local_model.answers(settings))
    beats = since if restarted else datetime.min.replace(tzinfo=UTC)
    wait.until("airflow", lambda: not airflow.unhealthy(settings, beats))


def _start_airflow(settings: Settings, env: dict[str, str], say: Say) -> bool:
    say("airflow: database and four processes")
    airflow.migrate(settings, env)
    # One connection per thread: an HTTP connection is not shared between two.
    return bool(processes.start(processes.connect(settings), airflow.PROGRAMS))


def _start_ceph(settings: Settings, secrets: Credentials, say: Say) -> None:
    say("ceph: monitor, object store and S3 gateway")
    remote = processes.connect(settings)
    wait = Waiting(settings, remote, say)
    if processes.states(remote)["ceph-mon"]["statename"] not in processes.UP:
        ceph.make_monitor(settings)
    processes.start(remote, ["ceph-mon"])
    wait.until("ceph-mon", lambda: ceph.monitor_answers(settings))
    processes.start(remote, ["ceph-mgr"])
    ceph.make_osd(settings)
    processes.start(remote, ["ceph-osd"])
    wait.until("ceph-osd", lambda: ceph.osd_is_up(settings))
    processes.start(remote, ["radosgw"])
    wait.until("radosgw", lambda: fetch(settings.s3_endpoint) is not None)
    ceph.ensure_user(settings, secrets)
    store.prepare(settings, secrets)
