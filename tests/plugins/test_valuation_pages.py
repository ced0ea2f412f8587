"""The pages of the store's valuations."""

from __future__ import annotations

import pytest

from curation_lib.runner.store import Store, canonical_json
from tests.plugins.test_pages import client, reader, server, token  # noqa: F401

PAGE = b"<!doctype html><title>code</title><body><p>code is worth it</p>"


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


@pytest.fixture
def judged(store):
    """Two valuations `code`, and one that has not been judged."""
    for print_, said in (("aa", "code is worth it, best at 30%."), ("bb", "code & <b> is not worth it.")):
        store.put(f"valuations/code/{print_}/verdict.json", canonical_json({"name": "code", "sentence": said}))
        store.put(f"valuations/code/{print_}/index.html", PAGE)
    store.put("valuations/code/cc/plan.json", b"{}")


def test_nobody_reads_without_a_login(client):  # noqa: F811
    for address in ("/winnow/valuations", "/winnow/valuations/code/aa", "/winnow/leaderboards/ff"):
        assert client.get(address).status_code == 401


def test_an_empty_store_has_a_page(reader):  # noqa: F811
    assert "This store holds no valuation yet." in reader.get("/winnow/valuations").text
    assert '<a href="/winnow/valuations">Valuations</a>' in reader.get("/winnow/").text


def test_valuations_are_listed_with_what_they_say(reader, judged):  # noqa: F811
    text = reader.get("/winnow/valuations").text
    assert text.count('href="/winnow/valuations/code/') == 2
    assert "code is worth it, best at 30%." in text
    assert "code &amp; &lt;b&gt; is not worth it." in text
    assert "/cc" not in text


def test_a_report_is_shown_as_it_lies_in_the_store(reader, judged):  # noqa: F811
    answer = reader.get("/winnow/valuations/code/aa")
    assert answer.content == PAGE.replace(b"<body>", b'<body>\n<nav><a href="/winnow/valuations">Valuations</a></nav>')
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_what_compares_has_a_leaderboard(reader, judged, store):  # noqa: F811
    assert "leaderboards/" not in reader.get("/winnow/valuations").text
    report = {"name": "code", "sentence": "code is worth it.", "comparable": "ff"}
    store.put("valuations/code/aa/verdict.json", canonical_json(report))
    store.put("leaderboards/ff/leaderboard.html", PAGE)
    for address in ("/winnow/valuations", "/winnow/valuations/code/aa"):
        assert '<a href="/winnow/leaderboards/ff">Leaderboard</a>' in reader.get(address).text
    answer = reader.get("/winnow/leaderboards/ff")
    assert '<a href="/winnow/valuations">Valuations</a></nav><p>code is worth it</p>' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert reader.get("/winnow/leaderboards/gg").status_code == 404


def test_a_build_links_what_was_valued_on_it(reader, judged, store):  # noqa: F811
    for build in ("b1", "b2"):
        record = {"corpus": "demo", "build_id": build, "steps": []}
        store.put(f"builds/demo/{build}.json", canonical_json(record))
    base = [store.address("exports/demo/b1/pretrain/parquet")]
    store.put("valuations/code/aa/about.json", canonical_json({"base": base, "candidates": {}}))
    link = '<a href="/winnow/valuations/code/aa">code is worth it, best at 30%.</a>'
    assert link in reader.get("/winnow/builds/demo/b1").text
    assert "valuations/code" not in reader.get("/winnow/builds/demo/b2").text
    back = '<a href="/winnow/builds/demo/b1">Base: demo, build b1</a>'
    assert back in reader.get("/winnow/valuations/code/aa").text
    assert back not in reader.get("/winnow/valuations/code/bb").text


def test_a_build_names_what_gave_its_weights(reader, store):  # noqa: F811
    given = {"file": "weights.yaml", "mixture": "web", "fingerprint": "77", "sentence": "code <b> is worth it"}
    mixes = {
        "pretrain": {"weights_from": {**given, "directory": "valuations/code/aa"}},
        "midtrain": {"weights_from": {"file": "w.yaml"}},
        "posttrain": {"weights": []},
    }
    record = {"corpus": "demo", "build_id": "b1", "steps": [], "recipe": {"mixes": mixes}}
    store.put("builds/demo/b1.json", canonical_json(record))
    text = reader.get("/winnow/builds/demo/b1").text
    said = "mixture web, version 77: code &lt;b&gt; is worth it"
    assert f'Weights of pretrain: <a href="/winnow/valuations/code/aa">{said}</a>' in text
    assert "Weights of midtrain: the file w.yaml<" in text
    assert "Weights of posttrain" not in text


def test_lists_read_no_report_that_says_in_short_what_they_show(reader, store, monkeypatch):  # noqa: F811
    about = {"base": [], "candidates": {}, "sentence": "code is worth it.", "comparable": "ff"}
    store.put("valuations/code/aa/about.json", canonical_json(about))
    store.put("valuations/code/aa/verdict.json", b"no JSON at all")
    text = reader.get("/winnow/valuations").text
    assert "code is worth it." in text
    assert "/winnow/leaderboards/ff" in text


@pytest.mark.parametrize(
    ("dag_id", "page"),
    [("dataset_valuation", "valuations"), ("mixture_search", "searches"), ("train_quality_models", "models")],
)
@pytest.mark.parametrize("address", ["funnel/{}", "funnel/{}/manual__1", "gate/{}/manual__1/judge"])
def test_the_tabs_of_a_build_lead_to_what_other_dags_leave(reader, address, dag_id, page):  # noqa: F811
    answer = reader.get(f"/winnow/{address.format(dag_id)}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, f"/winnow/{page}")


@pytest.mark.parametrize("address", ["code/cc", "code", "code/..%2f..%2fbuilds", ".hidden/aa", "..%2fmodels/x"])
def test_what_is_no_report_is_not_found(reader, judged, address):  # noqa: F811
    assert reader.get(f"/winnow/valuations/{address}").status_code == 404
