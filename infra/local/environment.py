"""The variables that reach the stack: what `env` prints, and what the processes get on top."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local import airflow, local_model
from infra.local.credentials import Credentials
from infra.local.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost")


def variables(settings: Settings, credentials: Credentials, environ: Mapping[str, str]) -> dict[str, str]:
    """What another command (the CLI, a test, a notebook) needs to reach the store, Airflow and Dask."""
    values = {"WINNOW_HOME": str(settings.home), **_store(settings, credentials)}
    values["WINNOW_DEMO_INPUTS"] = str(settings.home / "demo-inputs")
    values["WINNOW_MODELS"] = str(settings.checkout / "dags" / "models")
    values |= local_model.environment(settings)
    values |= airflow.environment(settings, credentials)
    # The contracts' library reports its use over the network unless told not to.
    values |= {"GX_ANALYTICS_ENABLED": "false", "NO_PROXY": no_proxy(environ)}
    return values | {"no_proxy": values["NO_PROXY"]}


def _store(settings: Settings, credentials: Credentials) -> dict[str, str]:
    assert settings.store is not None
    values = {"WINNOW_STORE": settings.store.url}
    if settings.store.kind == "file":
        return values
    values |= {
        "AWS_ACCESS_KEY_ID": credentials.s3_key,
        "AWS_SECRET_ACCESS_KEY": credentials.s3_secret,
        "AWS_DEFAULT_REGION": settings.store.region,
        # Older gateways refuse the checksums that newer clients add to every request.
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    }
    if settings.store.endpoint:
        values["AWS_ENDPOINT_URL"] = settings.store.endpoint
    if credentials.s3_session_token:
        values["AWS_SESSION_TOKEN"] = credentials.s3_session_token
    return values


def no_proxy(environ: Mapping[str, str]) -> str:
    given = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    parts = [part.strip() for part in given.split(",") if part.strip()]
    return ",".join([*parts, *(host for host in LOOPBACK if host not in parts)])


def for_processes(values: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The operator's own environment, with the stack's variables and what only its processes need."""
    # Without compiled files every one of a dozen processes compiles the same libraries anew; and a token
    # of the operator's shell must not be mixed with the store's keys.
    dropped = ("PYTHONDONTWRITEBYTECODE", "AWS_SESSION_TOKEN", "AWS_PROFILE")
    base = {key: value for key, value in environ.items() if key not in dropped}
    paths = [str(airflow.preload_folder()), *filter(None, [environ.get("PYTHONPATH")])]
    return (
        base
        | dict(values)
        | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", os.defpath)]),
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONUNBUFFERED": "1",
            # setproctitle would overwrite the memory that holds the environment, and the stack's mark in it.
            "SPT_NOENV": "1",
        }
    )
