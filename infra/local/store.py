"""Which store the stack uses: Ceph on this machine, a folder, or the operator's own S3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import apt
from infra.local.credentials import Credentials
from infra.local.errors import StackError
from infra.local.settings import Settings, Store

BUCKET = "winnow"


def choose(settings: Settings, environ: Mapping[str, str], say: Callable[[str], None]) -> Store:
    """The store of this stack: ``STORE`` if set, else what was recorded, else Ceph, else a folder.

    ``STORE`` is ``ceph``, ``file:///folder`` or ``s3://bucket[/prefix]``.
    Raises StackError if it cannot be had.
    """
    wanted = environ.get("STORE", "")
    if wanted.startswith("s3://"):
        return _own(wanted, settings, environ)
    if wanted.startswith("file://"):
        return Store(kind="file", url=wanted, reason="STORE asks for it")
    if wanted not in ("", "ceph"):
        raise StackError(f"STORE={wanted}: must be s3://bucket[/prefix], file:///folder or ceph")
    if not wanted and settings.store is not None and settings.store.kind != "ceph":
        return settings.store
    return _ceph_or_folder(settings, must_be_ceph=bool(wanted or settings.store), say=say)


def _own(url: str, settings: Settings, environ: Mapping[str, str]) -> Store:
    recorded = settings.store is not None and settings.store.url == url
    if recorded and not environ.get("AWS_ACCESS_KEY_ID"):
        assert settings.store is not None
        return settings.store
    missing = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not environ.get(name)]
    if missing:
        raise StackError(f"STORE={url}: set {' and '.join(missing)} (and AWS_ENDPOINT_URL unless it is AWS itself)")
    return Store(
        kind="own",
        url=url.rstrip("/"),
        reason="STORE asks for it",
        endpoint=environ.get("AWS_ENDPOINT_URL") or None,
        region=environ.get("AWS_DEFAULT_REGION") or "us-east-1",
    )


def _ceph_or_folder(settings: Settings, must_be_ceph: bool, say: Callable[[str], None]) -> Store:
    failure = None if apt.installed() else (apt.obstacle() or apt.install(say))
    if failure is None:
        reason = "Ceph RGW from the distribution's packages"
        return Store(kind="ceph", url=f"s3://{BUCKET}", reason=reason, endpoint=settings.s3_endpoint)
    if must_be_ceph:
        raise StackError(f"{failure}; STORE=file:///some/folder keeps the data in a folder instead")
    return Store(kind="file", url=(settings.home / "store").as_uri(), reason=failure)


def prepare(settings: Settings, credentials: Credentials) -> None:
    """Make the folder, make Ceph's bucket, or check that the operator's own bucket can be used.

    Raises StackError with one line when the bucket is missing or the credentials are refused.
    """
    store = settings.store
    assert store is not None
    if store.kind == "file":
        Path(urlsplit(store.url).path).mkdir(parents=True, exist_ok=True)
        return
    bucket, s3 = urlsplit(store.url).netloc, client(settings, credentials)
    try:
        _ensure_bucket(s3, bucket, create=store.kind == "ceph")
    except (ClientError, BotoCoreError) as error:
        place = store.endpoint or "AWS"
        raise StackError(f"store {store.url} at {place}: {error}. Check STORE, AWS_ENDPOINT_URL and keys") from error


def _ensure_bucket(s3: Any, bucket: str, create: bool) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if not create or error.response["Error"]["Code"] != "404":
            raise
        s3.create_bucket(Bucket=bucket)


def client(settings: Settings, credentials: Credentials, **changes: str) -> Any:
    """A botocore S3 client for the store; ``changes`` replace its arguments (tests use wrong secrets)."""
    store = settings.store
    assert store is not None
    arguments: dict[str, Any] = {
        "endpoint_url": store.endpoint,
        "region_name": store.region,
        "aws_access_key_id": credentials.s3_key,
        "aws_secret_access_key": credentials.s3_secret,
        "aws_session_token": credentials.s3_session_token,
        "config": Config(retries={"max_attempts": 2}, connect_timeout=5),
    }
    return botocore.session.get_session().create_client("s3", **(arguments | changes))
