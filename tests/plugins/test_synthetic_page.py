"""The page of what a build generated."""

from __future__ import annotations

import pytest

from curation_lib.runner.store import Store
from tests.plugins.test_pages import client, reader, server, token  # noqa: F401
from tests.runner.corpora import run_steps, write_jsonl
from tests.synthetic.endpoint_server import Server
from tests.synthetic.test_whole_chain import answer, recipe
from tests.synthetic.towers import text


@pytest.fixture
def built(tmp_path):
    """Three pages of towers, one of which asks for a lie."""
    rows = [{"id": f"page-{n}", "text": text(n), "language": "en"} for n in range(2)]
    rows.append({"id": "lie", "text": f"{text(2)} <b>The sign</b> says [invented].", "language": "en"})
    write_jsonl(tmp_path / "inputs" / "a.jsonl", rows)
    with Server() as model:
        model.answer = answer
        return run_steps(recipe(tmp_path / "inputs", model.url), tmp_path / "store")


def test_the_funnel_leads_to_what_was_generated(reader, built):  # noqa: F811
    address = f"/winnow/synthetic/towers/{built.build_id}"
    assert f'href="{address}"' in reader.get(f"/winnow/builds/towers/{built.build_id}").text
    answered = reader.get(address)
    assert answered.status_code == 200
    assert "default-src 'none'" in answered.headers["content-security-policy"]
    assert "<strong>2 of 3</strong>" in answered.text
    assert "&lt;b&gt;The sign&lt;/b&gt; says [invented]." in answered.text
    assert "synthetic.gates.max_unknown_numbers" in answered.text


def test_a_build_that_is_not_there_or_generated_nothing(reader, built, tmp_path):  # noqa: F811
    assert reader.get("/winnow/synthetic/towers/ffffffffffffffff").status_code == 404
    assert reader.get("/winnow/synthetic/towers/..").status_code == 404
    plain = {**recipe(tmp_path / "inputs", "http://127.0.0.1:9/v1"), "corpus": "plain", "stages": ["dedup.exact"]}
    other = run_steps(plain, tmp_path / "store")
    assert "generated nothing" in reader.get(f"/winnow/synthetic/plain/{other.build_id}").text
    assert "what was generated" not in reader.get(f"/winnow/builds/plain/{other.build_id}").text
    assert Store(str(tmp_path / "store")).exists(f"builds/plain/{other.build_id}.json")
