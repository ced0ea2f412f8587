"""Fetch pinned archives from the package index that pip is set up for, into a cache that works offline.

An archive lies in the cache as `<sha256>-<filename>`; its content is checked each time it is handed out.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from infra.local.errors import StackError

if TYPE_CHECKING:
    import requests
    from pypi_simple import DistributionPackage, PyPISimple

TIMEOUT = (15.0, 120.0)  # seconds to connect, and without a byte while reading


class Archive(BaseModel):
    """One file of one package on the index, pinned by its content."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    filename: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


def default_cache() -> Path:
    """The folder WINNOW_CACHE names, else ~/.cache/winnow."""
    return Path(os.environ.get("WINNOW_CACHE") or Path.home() / ".cache" / "winnow")


def sha256_of(path: Path) -> str:
    """The hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_archive(archive: Archive, cache: Path) -> Path:
    """Path of the verified archive in `cache`, downloaded first if it is not there.

    Raises StackError when the index cannot be reached, lacks the file, or the bytes are not the pinned ones.
    """
    path = cache / f"{archive.sha256}-{archive.filename}"
    if path.exists():
        _verify(path, archive, f"delete {path} and run again")
        return path
    cache.mkdir(parents=True, exist_ok=True)
    partial = cache / f".{path.name}.{os.getpid()}.part"
    try:
        _download(archive, partial, path)
        _verify(
            partial,
            archive,
            "the index served other bytes: check PIP_INDEX_URL and any proxy, then run again",
        )
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _verify(path: Path, archive: Archive, remedy: str) -> None:
    got = sha256_of(path)
    if got != archive.sha256:
        raise StackError(f"{archive.filename}: expected sha256 {archive.sha256}, got {got}; {remedy}")


def _download(archive: Archive, target: Path, cached: Path) -> None:
    import pypi_simple  # here, so that a run that finds everything in place does not pay for it
    import requests

    settings = pip_settings()
    endpoint = settings.get("index-url", pypi_simple.PYPI_SIMPLE_ENDPOINT)
    try:
        with pypi_simple.PyPISimple(endpoint, session=_session(settings.get("cert"))) as index:
            package = _listed(index, archive)
            # verify=False: fetch_archive holds the bytes against the pinned digest, not the index's own
            index.download_package(package, target, verify=False, timeout=TIMEOUT)
    except (requests.RequestException, pypi_simple.NoSuchProjectError) as error:
        raise StackError(
            f"cannot fetch {archive.filename} from {_without_credentials(endpoint, endpoint)}: "
            f"{_without_credentials(str(error), endpoint)}; check the network and PIP_INDEX_URL "
            f"and run again, or copy the file to {cached}"
        ) from error


def _listed(index: PyPISimple, archive: Archive) -> DistributionPackage:
    page = index.get_project_page(archive.package, timeout=TIMEOUT)
    for package in page.packages:
        if package.filename == archive.filename:
            return package
    where = _without_credentials(index.endpoint, index.endpoint)
    raise StackError(f"{where} lists no {archive.filename}; set PIP_INDEX_URL to an index that has it")


def _session(certificates: str | None) -> requests.Session:
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    session = Session()
    # a refused connection is tried once more at once; a busy index after 2 and 4 seconds too
    again = Retry(total=3, connect=1, backoff_factor=1, status_forcelist=[429, 500, 502, 503, 504])
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=again))
    session.verify = certificates or True
    return session


def pip_settings() -> dict[str, str]:
    """pip's own `index-url` and `cert`, where set: from its configuration files, then PIP_… variables."""
    found: dict[str, str] = {}
    for line in _pip_config():
        key, _, value = line.partition("=")
        scope, _, name = key.partition(".")
        if scope == "global" and name in ("index-url", "cert"):
            found[name] = str(ast.literal_eval(value))
    for name, variable in (("index-url", "PIP_INDEX_URL"), ("cert", "PIP_CERT")):
        if os.environ.get(variable):
            found[name] = os.environ[variable]
    return found


@functools.cache  # asked once a process: pip takes half a second to answer
def _pip_config() -> list[str]:
    """Lines of `pip config list`; none where there is no pip (an environment made by uv has none)."""
    for command in ([sys.executable, "-m", "pip"], [shutil.which("pip") or "pip"]):
        try:
            done = subprocess.run([*command, "config", "list"], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return done.stdout.splitlines()
    return []


def _without_credentials(text: str, url: str) -> str:
    """`text` less the user and password that `url` may carry: messages end up in logs."""
    user, at, _ = urllib.parse.urlsplit(url).netloc.rpartition("@")
    return text.replace(user + at, "") if at else text
