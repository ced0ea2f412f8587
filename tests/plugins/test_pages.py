"""The pages, mounted by Airflow's own API server: who may read them, and what they serve."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.api_fastapi.app import create_app
from starlette.testclient import TestClient
from winnow_airflow.records import write_record

from curation_lib.runner.store import Store
from tests.plugins.passwords import PASSWORDS

RUN = "manual__2026-01-02T03:04:05+00:00"
PAGE = "contracts/dedup.exact-aa/bb/validations/page.html"
COUNTS = {
    "rows_in": 100, "created": 0, "kept": 60, "skipped": 2, "bytes_kept": 1,
    "dropped": {"filters.c4.too_short": 30}, "quarantined": {"bad <b>JSON</b>": 8},
}  # fmt: skip
ADDRESSES = [
    "/winnow/",
    "/winnow/funnel?dag_id=corpus_build__notes",
    "/winnow/funnel/corpus_build__notes",
    f"/winnow/funnel/corpus_build__notes/{RUN}",
    f"/winnow/gate/corpus_build__notes/{RUN}/dedup.exact",
    "/winnow/builds/notes/0123456789abcdef",
    "/winnow/synthetic/notes/0123456789abcdef",
    f"/winnow/{PAGE}",
    "/winnow/nothing/here",
    "/winnow/docs",
    "/winnow/openapi.json",
]


@pytest.fixture(scope="module")
def server(airflow_database: None) -> Iterator[TestClient]:
    with TestClient(create_app(apps="core"), follow_redirects=False) as client:
        yield client


@pytest.fixture
def client(server: TestClient) -> TestClient:
    server.cookies.clear()
    return server


@pytest.fixture
def reader(client: TestClient) -> TestClient:
    """A browser in which the user `reader` has logged in."""
    client.cookies.set("_token", token(client, "reader"))
    return client


def token(client: TestClient, user: str) -> str:
    answer = client.post("/auth/token", json={"username": user, "password": PASSWORDS[user]})
    return str(answer.json()["access_token"])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one failed run, its page, and one finished build."""
    store = Store(str(tmp_path / "store"))
    facts = {"order": 3, "kind": "group", "state": "computed", "counts": COUNTS, "seconds": 1.5}
    write_record(store, "notes", RUN, "dedup.exact", facts)
    reason = "dedup.exact: contract broken\n - metrics.rows: <script>alert(1)</script>\nData Docs: http://x"
    gate = {"kind": "gate", "state": "failed", "step": "dedup.exact", "success": False, "page": PAGE, "reason": reason}
    write_record(store, "notes", RUN, "dedup.exact.gate", {"order": 10_000, **gate})
    store.put(PAGE, b"<html>Data Docs of dedup.exact</html>")
    store.put("contracts/dedup.exact-aa/bb/static/vendor/jquery.min.js", b"// script")
    verdict = {"success": True, "evaluated": 9, "page": "validations/page.html"}
    store.put("contracts/dedup.exact-aa/bb/result.json", json.dumps(verdict).encode())
    steps = [
        {"step": "dedup.exact", "kind": "group", "counts": COUNTS, "gate": "contracts/dedup.exact-aa/bb"},
        {"step": "synthetic.rephrase", "kind": "off", "counts": None, "gate": None},
    ]
    build = {"corpus": "notes", "build_id": "0123456789abcdef", "steps": steps}
    store.put("builds/notes/0123456789abcdef.json", json.dumps(build).encode())
    return store


@pytest.mark.parametrize("address", ADDRESSES)
def test_nobody_reads_without_a_login(client, store, address):
    assert client.get(address).status_code == 401
    assert client.get(address, headers={"Authorization": "Bearer made.up.token"}).status_code == 403
    client.cookies.set("_token", "made.up.token")
    assert client.get(address).status_code in (401, 403)


def test_a_browser_is_sent_to_the_login_and_back(client, store):
    answer = client.get(f"/winnow/{PAGE}", headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert (
        answer.headers["location"] == f"http://testserver/api/v2/auth/login?next=%2Fwinnow%2F{PAGE.replace('/', '%2F')}"
    )
    login = client.get(answer.headers["location"])
    assert login.status_code == 307
    assert "next=%2Fwinnow%2Fcontracts" in login.headers["location"]


def test_a_cookie_and_a_bearer_token_open_the_page(client, store):
    bearer = {"Authorization": f"Bearer {token(client, 'reader')}"}
    assert client.get(f"/winnow/{PAGE}", headers=bearer).text == "<html>Data Docs of dedup.exact</html>"
    client.cookies.set("_token", token(client, "reader"))
    answer = client.get(f"/winnow/{PAGE}")
    assert answer.text == "<html>Data Docs of dedup.exact</html>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    script = client.get("/winnow/contracts/dedup.exact-aa/bb/static/vendor/jquery.min.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "../builds/notes/0123456789abcdef.json",
        "%2e%2e/builds/notes/0123456789abcdef.json",
        "..%2fbuilds%2fnotes%2f0123456789abcdef.json",
        "%252e%252e/builds/notes/0123456789abcdef.json",
        "dedup.exact-aa/../../builds/notes/0123456789abcdef.json",
        "dedup.exact-aa/%2e%2e/%2e%2e/builds/notes/0123456789abcdef.json",
        "..%5cbuilds%5cnotes%5c0123456789abcdef.json",
        "/etc/passwd.html",
        "%2fetc%2fpasswd.html",
        "dedup.exact-aa//bb/result.json",
        "leak/secret.json",
        ".hidden/page.html",
        "dedup.exact-aa/bb",
        "dedup.exact-aa/bb/none.html",
    ],
)
def test_only_pages_are_served(reader, store, tmp_path, path):
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "store" / "contracts" / "leak").symlink_to(tmp_path)
    store.put("contracts/.hidden/page.html", b"hidden")
    answer = reader.get(f"/winnow/contracts/{path}")
    assert answer.status_code == 404
    assert "{}" not in answer.text
    assert "hidden" not in answer.text


def test_the_folder_of_contracts_leads_to_the_index(reader, store):
    answer = reader.get("/winnow/contracts/", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.path == "/winnow/"
    assert "0123456789abcdef" in answer.text


def test_a_run_that_failed_shows_its_funnel_and_the_gate_that_stopped_it(reader, store):
    text = reader.get(f"/winnow/funnel/corpus_build__notes/{RUN}").text
    assert "1 of 1 gates failed" in text
    assert "filters.c4.too_short" in text
    assert "<title>30 dropped</title>" in text
    assert "quarantined: bad &lt;b&gt;JSON&lt;/b&gt;" in text
    assert "<script" not in text
    assert f'href="/winnow/{PAGE}"' in text
    assert reader.get("/winnow/funnel/corpus_build__notes").text == text


def test_bars_are_shares_of_the_widest_step(reader, store):
    text = reader.get(f"/winnow/funnel/corpus_build__notes/{RUN}").text
    assert 'class="kept" x="0.000" y="1" width="60.000"' in text
    assert 'class="dropped" x="60.000" y="1" width="30.000"' in text
    assert 'class="quarantined" x="90.000" y="1" width="8.000"' in text


def test_the_index_lists_runs_gates_and_builds(reader, store):
    text = reader.get("/winnow/").text
    assert "1 of 1 failed" in text
    assert f'href="/winnow/{PAGE}"' in text
    assert 'href="/winnow/builds/notes/0123456789abcdef"' in text
    assert f'href="/winnow/funnel/corpus_build__notes/{RUN}"' in text


def test_a_finished_build_has_its_page(reader, store):
    text = reader.get("/winnow/builds/notes/0123456789abcdef").text
    assert "All 1 gates passed" in text
    assert "synthetic.rephrase" not in text, "a step that was off, in the record of an early build"
    assert reader.get("/winnow/builds/notes/fedcba9876543210").status_code == 404
    assert reader.get("/winnow/builds/..%2f..%2fruns/x").status_code == 404


def test_a_task_leads_to_the_page_of_its_gate(reader, store):
    for task in ("dedup.exact", "dedup.exact.gate"):
        answer = reader.get(f"/winnow/gate/corpus_build__notes/{RUN}/{task}")
        assert answer.headers["location"] == f"/winnow/{PAGE}"
    unjudged = reader.get(f"/winnow/gate/corpus_build__notes/{RUN}/mix.pretrain")
    assert "mix.pretrain.gate has not judged anything in this run." in unjudged.text
    assert reader.get(f"/winnow/gate/another_dag/{RUN}/task").status_code == 404


def test_an_empty_store_has_pages_too(reader):
    assert "No build has run in this store yet." in reader.get("/winnow/").text
    assert "has no run in" in reader.get("/winnow/funnel/corpus_build__notes").text


def test_without_a_store_the_page_says_what_to_set(reader, monkeypatch):
    monkeypatch.delenv("WINNOW_STORE")
    answer = reader.get("/winnow/")
    assert answer.status_code == 502
    assert "no store is set" in answer.text


def test_airflow_shows_the_pages_in_its_navigation(reader, server):
    bearer = {"Authorization": f"Bearer {token(server, 'editor')}"}
    plugins = server.get("/api/v2/plugins", headers=bearer).json()["plugins"]
    (winnow,) = [p for p in plugins if p["name"] == "winnow"]
    places = {(v["name"], v["destination"]) for v in winnow["external_views"]}
    assert {("Data Docs", "nav"), ("Funnel", "dag_run"), ("Data Docs", "task_instance")} <= places
    assert server.get("/api/v2/plugins/importErrors", headers=bearer).json()["import_errors"] == []


def test_the_plugins_folder_hides_no_library():
    """Airflow runs the folder's files as top-level modules: one called dask.py must not be among them."""
    import dask

    assert dask.__file__ is not None
    assert "winnow_airflow" not in dask.__file__
