"""What an operator may choose: ports, workers, folders, store. Environment first, then what was recorded.

A choice made once is written to ``<home>/settings.json`` and holds until it is overridden, so that
``status``, ``env`` and ``down`` need no variables to find a stack started with some.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.local.errors import StackError

#: setting -> environment variable. Every port is bound to 127.0.0.1.
PORT_VARIABLES: Mapping[str, str] = {
    "airflow_port": "WINNOW_AIRFLOW_PORT",
    "dask_port": "WINNOW_DASK_PORT",
    "dask_dashboard_port": "WINNOW_DASK_DASHBOARD_PORT",
    "s3_port": "WINNOW_S3_PORT",
    "ceph_mon_port": "WINNOW_CEPH_MON_PORT",
}
VARIABLES: Mapping[str, str] = {
    **PORT_VARIABLES,
    "model_port": "WINNOW_MODEL_PORT",
    "workers": "WINNOW_WORKERS",
    "worker_memory": "WINNOW_WORKER_MEMORY",
    "min_memory_gb": "WINNOW_MIN_MEMORY_GB",
    "min_disk_gb": "WINNOW_MIN_DISK_GB",
    "start_timeout": "WINNOW_START_TIMEOUT",
}
HOST = "127.0.0.1"
# Linux allows 107 bytes in a Unix socket's path; Ceph appends names of up to 45 to the folder.
MAX_RUN_DIR = 60


class Store(BaseModel):
    """Where datasets live, and why there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["ceph", "file", "own"]
    url: str
    reason: str
    endpoint: str | None = None
    region: str = "us-east-1"


class Settings(BaseModel):
    """All that shapes the local stack, secrets aside."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    checkout: Path
    home: Path
    airflow_port: int = Field(default=8080, ge=1, le=65535)
    dask_port: int = Field(default=8786, ge=1, le=65535)
    dask_dashboard_port: int = Field(default=8787, ge=1, le=65535)
    s3_port: int = Field(default=7480, ge=1, le=65535)
    ceph_mon_port: int = Field(default=3300, ge=1, le=65535)
    model_port: int = Field(default=0, ge=0, le=65535)
    """Of the local language model; 0 is none."""
    workers: int = Field(default=2, ge=1, le=256)
    worker_memory: str = Field(default="auto", pattern=r"^(auto|\d+(\.\d+)?\s?([kMGT]i?B)?)$")
    min_memory_gb: float = Field(default=3.0, ge=0)
    min_disk_gb: float = Field(default=5.0, ge=0)
    start_timeout: int = Field(default=600, ge=1)
    store: Store | None = None

    @property
    def run_dir(self) -> Path:
        """Folder for Unix sockets: under home, or under the system's temporary folder if that is too long."""
        inside = self.home / "run"
        if len(os.fsencode(inside)) <= MAX_RUN_DIR:
            return inside
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"winnow-{os.getuid()}-{name}"

    @property
    def uses_ceph(self) -> bool:
        return self.store is not None and self.store.kind == "ceph"

    @property
    def log_dir(self) -> Path:
        return self.home / "log"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @property
    def airflow_url(self) -> str:
        return f"http://{HOST}:{self.airflow_port}"

    @property
    def dashboard_url(self) -> str:
        return f"http://{HOST}:{self.dask_dashboard_port}/status"

    @property
    def scheduler_address(self) -> str:
        return f"tcp://{HOST}:{self.dask_port}"

    @property
    def s3_endpoint(self) -> str:
        return f"http://{HOST}:{self.s3_port}"

    def record(self) -> None:
        """Write the choices to ``<home>/settings.json``; paths are where they are and are left out."""
        target = self.home / "settings.json"
        partial = target.with_suffix(".json.partial")
        partial.write_text(self.model_dump_json(indent=2, exclude={"checkout", "home"}))
        partial.replace(target)

    def ports_in_use(self) -> dict[str, int]:
        """Setting name -> port, for the ports that this choice of store binds."""
        ceph = {"s3_port", "ceph_mon_port"}
        used = {name: getattr(self, name) for name in PORT_VARIABLES if self.uses_ceph or name not in ceph}
        return used | ({"model_port": self.model_port} if self.model_port else {})


def load(environ: Mapping[str, str], checkout: Path) -> Settings:
    """Settings of the stack whose state lies in ``WINNOW_HOME`` (default ``<checkout>/.winnow``).

    Raises StackError naming the file or the variable when a value is not legal.
    """
    home = Path(environ.get("WINNOW_HOME") or checkout / ".winnow").expanduser().resolve()
    if "%" in str(home):
        # supervisord expands some paths twice, so no escape survives.
        raise StackError(f"WINNOW_HOME: {home} must not contain a percent sign")
    paths = {"checkout": checkout.resolve(), "home": home}
    recorded = home / "settings.json"
    try:
        base = Settings.model_validate(_read(recorded) | paths)
    except (ValueError, TypeError) as error:
        raise StackError(f"{recorded} is not readable ({_first(error)}): repair or delete it") from error
    chosen = {name: environ[variable] for name, variable in VARIABLES.items() if environ.get(variable)}
    try:
        return Settings.model_validate(base.model_dump() | chosen)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise StackError(f"{VARIABLES.get(name, name)}: {_first(error)}") from error


def _read(recorded: Path) -> dict[str, Any]:
    if not recorded.exists():
        return {}
    values = json.loads(recorded.read_text())
    return dict(values)


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{first['msg']}, got {first['input']!r}"
