"""The choice of the store, and the one line an operator gets when theirs cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from infra.local import apt, credentials, processes, store
from infra.local.errors import StackError
from infra.local.settings import Settings, Store, load

KEYS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(checkout=tmp_path, home=tmp_path / "home")


@pytest.fixture
def bare_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither Ceph nor apt."""
    monkeypatch.setattr(apt, "search_path", lambda: "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.mark.usefixtures("bare_path")
def test_without_apt_the_store_is_a_folder_and_says_why(settings: Settings) -> None:
    chosen = store.choose(settings, {}, print)
    assert chosen.kind == "file"
    assert chosen.url == f"file://{settings.home}/store"
    assert "apt-get" in chosen.reason
    kept = settings.model_copy(update={"store": chosen})
    store.prepare(kept, credentials.Credentials.generate())
    assert (settings.home / "store").is_dir()


def test_a_recorded_folder_stays_even_where_ceph_could_be_had(settings: Settings) -> None:
    folder = Store(kind="file", url="file:///d", reason="no apt then")
    assert store.choose(settings.model_copy(update={"store": folder}), {}, print) == folder


@pytest.mark.usefixtures("bare_path")
@pytest.mark.parametrize("environ", [{}, {"STORE": "ceph"}])
def test_ceph_that_is_gone_or_demanded_is_an_error_not_an_empty_folder(
    settings: Settings, environ: dict[str, str]
) -> None:
    recorded = None if environ else Store(kind="ceph", url="s3://winnow", reason="r")
    with pytest.raises(StackError, match=r"apt-get.*STORE=file:///"):
        store.choose(settings.model_copy(update={"store": recorded}), environ, print)


def test_an_operators_store_needs_keys_and_is_then_kept(settings: Settings) -> None:
    with pytest.raises(StackError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        store.choose(settings, {"STORE": "s3://theirs"}, print)
    given = {"STORE": "s3://theirs/prefix/", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", **KEYS}
    chosen = store.choose(settings, given, print)
    assert (chosen.kind, chosen.url, chosen.endpoint) == ("own", "s3://theirs/prefix", "http://127.0.0.1:1")
    kept = settings.model_copy(update={"store": chosen})
    assert store.choose(kept, {}, print) == chosen
    assert store.choose(kept, {"STORE": chosen.url}, print) == chosen


def test_an_unknown_kind_of_store_is_refused(settings: Settings) -> None:
    with pytest.raises(StackError, match="STORE=gs://b: must be"):
        store.choose(settings, {"STORE": "gs://b"}, print)


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_an_operators_missing_bucket_is_an_error_and_is_not_made(settings: Settings, s3_endpoint: str) -> None:
    given = {"STORE": "s3://theirs", "AWS_ENDPOINT_URL": s3_endpoint, **KEYS}
    own = settings.model_copy(update={"store": store.choose(settings, given, print)})
    secrets = credentials.ensure(own, given)
    with pytest.raises(StackError, match=r"^store s3://theirs at http://127.0.0.1:\d+: .*404.*"):
        store.prepare(own, secrets)
    s3 = store.client(own, secrets)
    assert "theirs" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.create_bucket(Bucket="theirs")
    store.prepare(own, secrets)


def test_an_operators_unreachable_store_is_one_line(settings: Settings, free_ports: dict[str, int]) -> None:
    given = {"STORE": "s3://theirs", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_ports['s3_port']}", **KEYS}
    own = settings.model_copy(update={"store": store.choose(settings, given, print)})
    with pytest.raises(StackError, match="Check STORE, AWS_ENDPOINT_URL and keys") as caught:
        store.prepare(own, credentials.ensure(own, given))
    assert "\n" not in str(caught.value)


def test_up_with_an_unusable_store_starts_and_records_nothing(tmp_path: Path, free_ports: dict[str, int]) -> None:
    given = {"STORE": "s3://theirs", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_ports['s3_port']}", **KEYS}
    limits = {"WINNOW_HOME": str(tmp_path), "WINNOW_MIN_MEMORY_GB": "0", "WINNOW_MIN_DISK_GB": "0"}
    line = [sys.executable, "-m", "infra.local", "up"]
    root = Path(store.__file__).parents[2]
    done = subprocess.run(line, cwd=root, env=os.environ | given | limits, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: store s3://theirs at ")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "settings.json").exists()
    assert processes.members(load(limits, root)) == []
