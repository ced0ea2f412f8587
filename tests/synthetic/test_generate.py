"""Children and their provenance, the order of rows, what cannot be read, models and keys."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.recipe import validated
from curation_lib.synthetic.forms import forms
from curation_lib.synthetic.generate import STAGE
from curation_lib.text.hashing import doc_id
from tests.synthetic.endpoint_server import Server
from tests.synthetic.seeds import batch, children, document, made, settings

TEXT = "  The tower of Verrin has stood since 1931. It is 42 metres high.\n\nTwo towns see it from afar.\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


def test_two_models_asked_the_same_of_one_seed_leave_two_documents(server: Server) -> None:
    found = [children(made([document(TEXT)], settings(server.url, model=model)))[0] for model in ("tiny", "small")]
    assert len({one["doc_id"] for one in found}) == 2
    assert len({one["source_id"] for one in found}) == 2


def test_a_child_says_where_it_comes_from(server: Server) -> None:
    parent = document(TEXT, license="CC-BY-NC-4.0", opt_out="noai")
    (child,) = children(made([parent], settings(server.url, temperature=0.3, extra={"top_k": 40})))
    form = forms()["knowledge_list"]
    assert re.fullmatch(rf"b#0#knowledge_list\.v{form.version}\.[0-9a-f]{{8}}", child["source_id"])
    assert child["doc_id"] == doc_id("books", child["source_id"])
    assert child["parents"] == [parent["doc_id"]]
    same = ("source", "language", "license", "opt_out")
    assert [child[name] for name in same] == [parent[name] for name in same]
    assert (child["format"], child["url"], child["fetched_at"]) == ("synthetic", None, None)
    assert child["license_evidence"] == "of the parent; LICENSE"
    notes = child["metadata"]
    assert notes["synthetic_prompt"] == f"knowledge_list.v{form.version} {form.fingerprint}"
    assert (notes["synthetic_model"], notes["synthetic_model_license"]) == ("tiny", "Apache-2.0")
    drawn = {"max_tokens": form.max_tokens, "seed": 0, "temperature": 0.3, "top_k": 40, "top_p": 0.95}
    assert json.loads(notes["synthetic_sampling"]) == drawn
    assert notes["synthetic_seed_text"] == TEXT.strip()
    assert notes["synthetic_source_hash"] == parent["content_hash"]
    assert notes["synthetic_depth"] == "1"
    assert int(notes["synthetic_prompt_tokens"]) > 100
    assert int(notes["synthetic_completion_tokens"]) > 10
    (body,) = server.bodies
    assert {**drawn, "stop": list(form.stop)}.items() <= body.items()
    assert TEXT.strip() in body["prompt"]


def test_children_stand_behind_their_parents_which_pass_unchanged(server: Server) -> None:
    rows = [
        document(TEXT, 0, ("knowledge_list", "summary")),
        document("Not chosen.", 1, None),
        document(TEXT + "More.", 2),
        document("Not chosen either.", 3, None, metadata=None),
    ]
    kept = made(rows, settings(server.url)).kept.to_pylist()
    assert [row["source_id"].replace("b#", "").partition(".v")[0] for row in kept] == [
        "0", "0#knowledge_list", "0#summary", "1", "2", "2#knowledge_list", "3",
    ]  # fmt: skip
    plain = batch([{**row, "metadata": row["metadata"] and row["metadata"][:1]} for row in rows]).to_pylist()
    assert [row for row in kept if row["format"] != "synthetic"] == plain


def test_only_the_excerpt_is_shown(server: Server) -> None:
    row = document(TEXT)
    row["metadata"].append(("synthetic_excerpt", json.dumps([2, TEXT.index("\n\n")])))
    result = made([row], settings(server.url))
    (child,) = children(result)
    assert child["metadata"]["synthetic_seed_text"] == "The tower of Verrin has stood since 1931. It is 42 metres high."
    assert "Two towns" not in server.bodies[0]["prompt"]
    assert dict(result.kept.to_pylist()[0]["metadata"]) == {"topic": "towers"}


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ({"synthetic_requests": "[knowledge_list"}, "no JSON list"),
        ({"synthetic_requests": '{"a": 1}'}, "no JSON list"),
        ({"synthetic_requests": '["ballad"]'}, "no known form; 'ballad'"),
        ({"synthetic_requests": '["table", "table"]'}, "names a form twice"),
        ({"synthetic_requests": '["table"]', "synthetic_rank": "first"}, "no whole number"),
        ({"synthetic_requests": '["table"]', "synthetic_excerpt": "[1]"}, "no JSON list of two places"),
    ],
)
def test_a_request_that_cannot_be_read_is_quarantined(server: Server, notes: dict[str, str], reason: str) -> None:
    rows = [document(TEXT, 0), document(TEXT, 1, metadata=list(notes.items())), document(TEXT, 2, None)]
    result = made(rows, settings(server.url))
    (bad,) = result.bad
    assert (bad.row, result.created) == (1, 1)
    assert reason in bad.error
    assert [row["source_id"].partition("#k")[0] for row in result.kept.to_pylist()] == ["b#0", "b#0", "b#2"]


def test_equal_requests_are_asked_once(server: Server) -> None:
    result = made([document(TEXT, n) for n in range(5)], settings(server.url))
    assert len({row["text"] for row in children(result)}) == 1
    assert server.attempts.total() == 1


def test_a_form_may_have_a_model_of_its_own(server: Server) -> None:
    config = settings(server.url, models={"summary": "large"}, model_licenses={"large": "MIT"})
    found = children(made([document(TEXT, 0, ("knowledge_list", "summary"))], config))
    assert [row["metadata"]["synthetic_model"] for row in found] == ["tiny", "large"]
    assert [row["metadata"]["synthetic_model_license"] for row in found] == ["Apache-2.0", "MIT"]
    assert sorted(body["model"] for body in server.bodies) == ["large", "tiny"]


def test_the_key_comes_from_the_environment_and_stays_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HOUSE_KEY", "sk-very-secret")
    caplog.set_level(logging.INFO)
    with Server(key="sk-very-secret") as server:
        config = settings(server.url, api_key_env="HOUSE_KEY")
        result = made([document(TEXT)], config)
        client = STAGE.load(config) if STAGE.load else None
    assert children(result)[0]["metadata"]["synthetic_outcome"] == "ok"
    seen = f"{result}{result.kept.to_pylist()}{stage_identity(STAGE, config)}{config}{client!r}{caplog.text}"
    assert "very-secret" not in seen
    assert "HOUSE_KEY" not in str(stage_identity(STAGE, config))


def test_a_key_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOUSE_KEY", raising=False)
    with pytest.raises(ConfigError, match="HOUSE_KEY is not set"):
        made([document(TEXT)], settings("http://127.0.0.1:9/v1", api_key_env="HOUSE_KEY"))


def test_a_key_that_is_not_accepted_stops_the_build() -> None:
    with Server(key="other") as server, pytest.raises(ConfigError, match="does not accept the key") as e:
        made([document(TEXT)], settings(server.url))
    assert "sk-secret" not in str(e.value), "servers repeat parts of a key in their errors"


def test_an_endpoint_that_is_not_there_stops_the_build() -> None:
    with pytest.raises(ConfigError, match=r"nobody answers at http://127.0.0.1:9/v1 .*start the server"):
        made([document(TEXT)], settings("http://127.0.0.1:9/v1", retries=1))


def test_an_address_without_models_stops_the_build(server: Server) -> None:
    with pytest.raises(ConfigError, match=r"does not serve model 'tiny'.*http_404.*correct `endpoint`"):
        made([document("[nowhere] " + TEXT)], settings(server.url))
    with pytest.raises(ConfigError, match=r"does not serve model 'tiny'.*http_307"):
        made([document("[elsewhere] " + TEXT)], settings(server.url))


def test_place_and_pace_shape_no_output_and_prompts_do() -> None:
    one = stage_identity(STAGE, settings("http://a/v1", concurrency=3, requests_per_minute=7, api_key_env="X"))
    assert one == stage_identity(STAGE, settings("http://b/v1", tokens_per_minute=100))
    assert one != stage_identity(STAGE, settings("http://a/v1", temperature=0.1))
    assert "knowledge_list.yaml" in one["models"]
    assert "reply_phrases.yaml" in one["models"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"endpoint": "127.0.0.1:8080"}, "write the address"),
        ({"models": {"ballad": "x"}}, "no form 'ballad'"),
        ({"models": {"table": "x"}}, "licence of 'x'"),
        ({"structured": True}, "api: chat"),
        ({"budget_money": 1}, "price_in"),
        ({"endpoint": "http://"}, "write the address"),
        ({"extra": {"model": "other"}}, "'model' has a setting of its own"),
        ({"extra": {"messages": []}}, "'messages' is the form's"),
        ({"extra": {"top_k": 3, "n": 4}}, "'n' asks for more than budgets count"),
        ({"extra": {"stream": True}}, "'stream' answers are read whole"),
    ],
)
def test_settings_that_cannot_hold_are_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        STAGE.config.model_validate(
            {"endpoint": "http://a/v1", "model": "m", "model_license": "MIT", "api": "completion", **wrong}
        )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"endpoint": "https://me:sk-secret@a/v1"}, "endpoint.*api_key_env"),
        ({"endpoint": "https://a/v1?key=sk-secret"}, "endpoint.*api_key_env"),
        ({"api_key_env": "sk-secret"}, "api_key_env.*name of the environment variable"),
    ],
)
def test_a_key_in_the_wrong_place_is_refused_and_not_repeated(wrong: dict[str, object], words: str) -> None:
    given = {"endpoint": "http://a/v1", "model": "m", "model_license": "MIT", **wrong}
    with pytest.raises(ConfigError, match=words) as e:
        validated(STAGE.config, given, "stages.generate")
    assert "sk-secret" not in str(e.value)


def test_the_line_break_behind_a_key_is_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_KEY", "sk-very-secret\n")
    with Server(key="sk-very-secret") as server:
        result = made([document(TEXT)], settings(server.url, api_key_env="HOUSE_KEY"))
    assert children(result)[0]["metadata"]["synthetic_outcome"] == "ok"


def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_KEY", "sk-very\nsecret")
    with pytest.raises(ConfigError, match="HOUSE_KEY holds characters") as e:
        made([document(TEXT)], settings("http://127.0.0.1:9/v1", api_key_env="HOUSE_KEY"))
    assert "secret" not in str(e.value)
