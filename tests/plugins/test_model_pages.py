"""The pages of the store's models."""

from __future__ import annotations

import pytest

from curation_lib.core.artefact import CARD
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.model_recipes import load_model_recipe
from curation_lib.runner.model_training import train_recipe
from curation_lib.runner.models import make_current
from curation_lib.runner.store import Store
from tests.plugins.models import write_documents, write_model_recipe
from tests.plugins.test_pages import client, reader, server, token  # noqa: F401


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


@pytest.fixture
def made(store, tmp_path):
    """Two versions of `manuals`, the first of them current."""
    found = []
    for shift in (0, 1):
        write_documents(tmp_path / "labels", shift=shift)
        recipe = load_model_recipe(write_model_recipe(tmp_path, tmp_path / "labels"))
        found.append(train_recipe(recipe, store, LocalScheduler(1)).manifest.fingerprint)
    make_current(store, "manuals", found[0])
    return found


def test_nobody_reads_without_a_login(client):  # noqa: F811
    for address in ("/winnow/models", "/winnow/models/manuals/00"):
        assert client.get(address).status_code == 401


def test_an_empty_store_has_a_page(reader):  # noqa: F811
    assert "This store holds no model yet." in reader.get("/winnow/models").text


def test_versions_are_listed_and_one_is_current(reader, made):  # noqa: F811
    text = reader.get("/winnow/models").text
    rows = {f: next(r for r in text.split("<tr>") if f in r) for f in made}
    assert f'href="/winnow/models/manuals/{made[0]}"' in rows[made[0]]
    assert 'class="pass">current' in rows[made[0]]
    assert 'class="pass">current' not in rows[made[1]]


def test_a_version_shows_card_metrics_and_manifest_beside_the_current_one(reader, made):  # noqa: F811
    answer = reader.get(f"/winnow/models/manuals/{made[1]}")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<h2>Held out</h2>" in answer.text  # the card's Markdown, rendered
    assert "<td>CC0-1.0</td>" in answer.text
    assert "data: positive positive.jsonl holds other documents" in answer.text
    assert f"winnow models --use manuals/{made[1]}" in answer.text
    assert "&#34;macro_f1&#34;" in answer.text
    assert "&#34;kind&#34;: &#34;fasttext&#34;" in answer.text
    own = reader.get(f"/winnow/models/manuals/{made[0]}").text
    assert "Beside the current version" not in own
    assert "winnow models --use" not in own


def test_a_card_brings_no_markup_along(reader, made, store):  # noqa: F811
    key = f"models/manuals/{made[0]}/{CARD}"
    store.put(key, b"# x\n\n<script>alert(1)</script> [a](javascript:alert(1)) ![b](https://example.org/b.png)\n")
    text = reader.get(f"/winnow/models/manuals/{made[0]}").text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert 'href="javascript' not in text


@pytest.mark.parametrize(
    "address", ["manuals/0000", "prose/0000", "manuals", "..%2fbuilds/x", "manuals/..%2f..%2fbuilds", "manuals/.hidden"]
)
def test_what_is_no_version_is_not_found(reader, made, address):  # noqa: F811
    assert reader.get(f"/winnow/models/{address}").status_code == 404
