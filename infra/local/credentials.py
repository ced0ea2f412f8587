"""Secrets of the local stack: made at first start, in a file only its owner can read, never committed."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import BaseModel, ConfigDict, ValidationError

from infra.local.errors import StackError
from infra.local.settings import Settings

UI_USER = "operator"


class Credentials(BaseModel):
    """What the processes share. ``s3_*`` are the store's own keys when the operator brought a store."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    s3_key: str
    s3_secret: str
    s3_session_token: str | None = None
    jwt_secret: str
    api_secret_key: str
    fernet_key: str
    ui_password: str

    @classmethod
    def generate(cls) -> Credentials:
        return cls(
            s3_key=secrets.token_hex(10).upper(),
            s3_secret=secrets.token_urlsafe(30),
            # HS512 wants a key at least as long as its digest, 64 bytes (RFC 7518, section 3.2).
            jwt_secret=secrets.token_urlsafe(64),
            api_secret_key=secrets.token_urlsafe(32),
            fernet_key=Fernet.generate_key().decode(),
            ui_password=secrets.token_urlsafe(12),
        )


def path(settings: Settings) -> Path:
    """The file that holds the credentials."""
    return settings.home / "credentials.json"


def read(settings: Settings) -> Credentials:
    """The recorded credentials. Raises StackError when there are none or they are damaged."""
    file = path(settings)
    try:
        return Credentials.model_validate_json(file.read_text())
    except FileNotFoundError as error:
        raise StackError(f"no stack in {settings.home}: run `python -m infra.local up` first") from error
    except ValidationError as error:
        raise StackError(f"{file} is damaged: delete it to have new credentials made") from error


def ensure(settings: Settings, environ: Mapping[str, str]) -> Credentials:
    """Read or generate the credentials; an operator's own store brings its keys from the environment."""
    found = read(settings) if path(settings).exists() else Credentials.generate()
    if settings.store and settings.store.kind == "own" and environ.get("AWS_ACCESS_KEY_ID"):
        found = found.model_copy(
            update={
                "s3_key": environ["AWS_ACCESS_KEY_ID"],
                "s3_secret": environ.get("AWS_SECRET_ACCESS_KEY", ""),
                "s3_session_token": environ.get("AWS_SESSION_TOKEN"),
            }
        )
    write_private(path(settings), found.model_dump_json(indent=2))
    write_private(password_file(settings), json.dumps({UI_USER: found.ui_password}))
    return found


def password_file(settings: Settings) -> Path:
    """The file Airflow's SimpleAuthManager reads users' passwords from."""
    return settings.airflow_home / "passwords.json"


def write_private(target: Path, content: str) -> None:
    """Replace ``target`` atomically; the file is never readable by others, not even for a moment."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
    partial.replace(target)
