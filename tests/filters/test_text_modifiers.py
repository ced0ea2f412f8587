"""Modifiers of the peers: texts that their own functions left of real documents, plain Python on any text, the law."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe_stages import configured
from curation_lib.core.registry import find
from curation_lib.core.stage import Context, Map, Result
from curation_lib.text.curator_counts import BOILERPLATE
from tests.filters.judging import PROSE, documents
from tests.golden.filters.dialect_scores import key
from tests.golden.filters.modifier_chains import CHAINS, LINES, chosen_documents, text_hash
from tests.text import modifier_reference as reference
from tests.text.reference import SYMBOL_SET, TEXTS

GOLDEN = Path(__file__).parents[1] / "golden" / "filters"
PIECES = ["\n", "\n\n", "\r\n", "\r\n\r\n\r\n", " ", "  ", "a line of words ", "UPPER ", "Ⓐ", "12", "²", "3 likes", "1,2K ",
          "٣ views", "\u212a comments", "items in cart", "İtemſ ıN cart", "Read more...", "read more »»»", "sign-in ", "Sign-In",
          "javascript", "javaſcript", "use coo\u212aies", "privacy policy", "[1]", "[edit]", "[", "](", ")", "**", "*", "_",
          "http://", "httpſ://x", "www.", "WWW.y", '"', ".", "...", "…", "!", "lorem ipsum", "---", "Note", "\x00", "\x1f",
          "Σ", "ς", "e\u0301", "語"]  # fmt: skip
TEXT = st.one_of(TEXTS, st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
REFERENCES: dict[str, Callable[[str], str]] = {
    "curator.urls": reference.curator_urls,
    "curator.markdown": reference.curator_markdown,
    "curator.quotation": reference.curator_quotation,
    "curator.newlines": reference.curator_newlines,
    "curator.boilerplate_paragraphs": reference.curator_paragraphs(BOILERPLATE),
    "curator.lines": reference.curator_lines(*LINES),
    "curator.all": reference.chained(
        reference.curator_paragraphs(BOILERPLATE), reference.curator_markdown, reference.curator_urls,
        reference.curator_lines(*LINES), reference.curator_newlines, reference.curator_quotation,
    ),
    "dolma.c4": reference.dolma_lines,
    "datatrove.symbol_lines": reference.datatrove_symbol_lines(SYMBOL_SET),
    "dclm.refinedweb": reference.DCLM_REFINEDWEB,
    "dclm.c4": reference.DCLM_C4,
    "dclm.newlines": reference.dclm_newlines,
    "dclm.repeated_lines": reference.dclm_repeated("\n"),
    "dclm.repeated_paragraphs": reference.dclm_repeated("\n\n"),
}  # fmt: skip


def run(batch: pa.RecordBatch, name: str, **given: Any) -> Result:
    stage = find(f"filters.{name}")
    assert isinstance(stage, Map)
    return stage.fn(batch, stage.config(**given), Context())


def texts_left(texts: list[str], result: Result) -> list[str]:
    """Of each document; empty where it was dropped. The edits, taken out of the input, give these byte for byte."""
    kept = dict(zip(*(result.kept.column(n).to_pylist() for n in ("doc_id", "text")), strict=True))
    pieces = [bytearray(text.encode()) for text in texts]
    for edit in reversed(result.edits):  # ordered by row and place
        assert 0 <= edit.start < edit.end <= len(pieces[edit.row])
        del pieces[edit.row][edit.start : edit.end]
    dropped = {drop.row for drop in result.drops}
    assert {str(i): p.decode() for i, p in enumerate(pieces) if i not in dropped} == kept
    assert not dropped & {edit.row for edit in result.edits}
    return [kept.get(str(i), "") for i in range(len(texts))]


def removed(text: str, name: str, **given: Any) -> list[tuple[str, str]]:
    """(rule, text removed) of one document."""
    data = text.encode()
    return [(e.rule, data[e.start : e.end].decode()) for e in run(documents(text), name, **given).edits]


@pytest.fixture(scope="module")
def real(data: Path) -> tuple[list[str], list[str]]:
    ids, texts = zip(*chosen_documents(data), strict=True)
    return list(ids), list(texts)


@pytest.mark.parametrize("peer", CHAINS)
def test_what_is_left_of_real_documents_is_what_the_peer_leaves(peer: str, real: tuple[list[str], list[str]]) -> None:
    ids, texts = real
    golden = np.load(GOLDEN / f"modifiers_{peer}.npz")
    assert list(map(key, ids, texts)) == golden["ids"].tolist()
    assert len(ids) > 4000
    batch, before = documents(*texts), list(map(text_hash, texts))
    assert golden["chains"].tolist() == list(CHAINS[peer])
    for column, (chain, (name, given_)) in enumerate(CHAINS[peer].items()):
        left = texts_left(texts, run(batch, name, **given_))
        if peer == "datatrove":  # it joins lines anew
            left = ["\n".join(text.splitlines()) for text in left]
        theirs = golden["hashes"][:, column].tolist()
        wrong = [i for i, text, hashed in zip(ids, left, theirs, strict=True) if text_hash(text) != hashed]
        assert not wrong, (chain, len(wrong), wrong[:5])
        assert sum(a != b for a, b in zip(before, theirs, strict=True)) > 20, chain


@pytest.mark.parametrize("chain", REFERENCES)
def test_what_is_left_of_any_text_is_what_plain_python_leaves(chain: str) -> None:
    peer, _, which = chain.partition(".")
    name, given_ = CHAINS[peer][which]

    @settings(max_examples=250)
    @given(TEXT)
    @example("")
    @example("\n\n\n\n")
    @example('"a\nb"')
    @example("* a *\n[a] [b](c) [](d)\n***x**")
    def check(text: str) -> None:
        assert texts_left([text], run(documents(text), name, **given_)) == [REFERENCES[chain](text)]

    check()


@settings(max_examples=100)
@given(TEXT, st.sampled_from([0.05, 0.4]))
def test_documents_that_lose_too_many_of_dclms_words_are_dropped(text: str, most: float) -> None:
    result = run(documents(text), "boilerplate_lines", dialect="dclm", max_removed_word_ratio=most)
    left = reference.DCLM_REFINEDWEB(text)
    ratio = reference.removed_ratio(text, left)
    wanted = [("max_removed_word_ratio", pytest.approx(ratio), most)] if ratio > most else []
    assert [(d.rule, d.score, d.threshold) for d in result.drops if d.rule != "empty"] == wanted
    assert bool(result.drops) == (ratio > most or not left)


@settings(max_examples=30)
@given(st.lists(TEXT, max_size=4), st.integers(0, 4))
def test_halves_end_as_the_whole(texts: list[str], cut: int) -> None:
    batch, cut = documents(*texts), min(cut, len(texts))
    for chains in CHAINS.values():
        for name, given_ in chains.values():
            whole, *halves = (run(part, name, **given_) for part in (batch, batch.slice(0, cut), batch.slice(cut)))
            assert pa.Table.from_batches([h.kept for h in halves]).to_pylist() == whole.kept.to_pylist()
            later = [edit._replace(row=edit.row + cut) for edit in halves[1].edits]
            assert [*halves[0].edits, *later] == whole.edits


def test_the_rules_of_dclms_refinedweb_by_hand() -> None:
    lines = {
        "WE SHOUT this line": "",  # 7 of 18 characters
        "WE SHOUT HERE": "max_uppercase_ratio",
        "1953": "numeric",
        "1953.": "min_words",
        "1.2K likes!": "counters",
        "3 boats": "",
        "Menu": "min_words",
        "Read more...": "read_more",
        "read more now": "",
        "sign-in": "min_words",
    }
    text = "\n".join([PROSE, *lines, "", "The end came in May."])
    cut = removed(text, "boilerplate_lines", dialect="dclm", max_removed_word_ratio=None)
    assert cut == [(rule, f"{line}\n") for line, rule in lines.items() if rule]
    parts = "The river rose. Read more…..\nSign-in to comment\nSee 3 items in cart now"
    assert removed(f"{PROSE}\n{parts}\n{PROSE}", "boilerplate_lines", dialect="dclm", max_removed_word_ratio=None) == [
        ("read_more", " Read more….."),
        ("sign_in", "Sign-in "),
        ("items_in_cart", " items in cart"),
    ]


def test_edits_name_the_modifier_and_the_order_counts() -> None:
    text = '"See *our* [house](http://a.example/x) [2].\n\n\n\nUse www.b.example\n===\nnow."'
    modifiers = ["markdown", "urls", "citations", "newlines", "symbol_lines", "quotation"]
    assert removed(text, "text_modifiers", modifiers=modifiers) == [
        ("quotation", '"'),
        ("markdown", "*"),
        ("markdown", "*"),
        ("markdown", "[house]("),
        ("urls", "http://a.example/x"),
        ("markdown", ")"),
        ("citations", "[2]"),
        ("newlines", "\n\n"),
        ("urls", "www.b.example"),
        ("symbol_lines", "===\n"),
        ("quotation", '"'),
    ]
    assert removed("[a](http://b/c)", "text_modifiers", modifiers=["urls", "markdown"]) == [("urls", "http://b/c)")]


def test_paragraphs_of_boilerplate_go_from_top_and_bottom_and_lorem_ipsum_takes_the_document() -> None:
    cookies, other = "We use cookies here.", "A paragraph of text."
    modifiers = {"modifiers": ["boilerplate_paragraphs"]}

    def left(*paragraphs: str) -> list[str]:
        return run(documents("\n\n".join(paragraphs)), "text_modifiers", **modifiers).kept.column("text").to_pylist()

    assert left(cookies, cookies, other) == [other]
    assert left(other, other, cookies) == [f"{other}\n\n{other}"]
    for stay in ([cookies], [other, cookies, other], [cookies, other, cookies]):
        assert left(*stay) == ["\n\n".join(stay)]
    (drop,) = run(documents(f"{other}\n\nLorem ipsum dolor"), "text_modifiers", **modifiers).drops
    assert (drop.rule, drop.also_failed) == ("empty", ("lorem_ipsum",))


def test_every_rule_of_the_line_dialects_can_be_turned_off() -> None:
    stays = "A line of five words.\n"
    for setting, line in {
        "max_word_length": "So very lo" + "o" * 2000 + "ng it is.", "remove_citations": "A note [1] stays in it.",
        "filter_no_terminal_punct": "It trails off like this...", "min_words_per_line": "Only four words here.",
        "filter_javascript": "We do like JavaScript here.", "filter_policy": "These are the terms of use.",
    }.items():  # fmt: skip
        off = None if setting.startswith(("max", "min")) else False
        assert removed(stays + line, "c4_lines", dialect="dclm")
        assert removed(stays + line, "c4_lines", dialect="dclm", **{setting: off}) == [], setting
    for setting, line in {"filter_no_terminal_punct": "No mark at the end", "min_words_per_line": "Two words."}.items():
        off = None if setting.startswith("min") else False
        assert Counter(rule for rule, _ in removed(stays + line, "c4_lines", dialect="dolma"))
        assert removed(stays + line, "c4_lines", dialect="dolma", **{setting: off}) == []
    for setting, line in {
        "max_uppercase_ratio": "IN CAPITALS", "counters": "3 likes", "min_words": "Menu", "phrases": "2 items in cart",
    }.items():  # fmt: skip
        off = () if setting == "phrases" else False if setting == "counters" else None
        given_ = {"dialect": "dclm", "max_removed_word_ratio": None}
        assert removed(stays + line, "boilerplate_lines", **given_)
        assert removed(stays + line, "boilerplate_lines", **given_, **{setting: off}) == [], setting


def test_defaults_follow_the_dialect_and_may_be_given() -> None:
    dclm: Any = configured("filters.boilerplate_lines", {"dialect": "dclm"}, "stages")[1]
    assert (dclm.max_uppercase_ratio, dclm.max_removed_word_ratio) == (0.5, 0.05)
    assert dclm.phrases == ("items_in_cart", "read_more", "sign_in")
    c4: Any = configured("filters.c4_lines", {"dialect": "dclm", "min_words_per_line": 3}, "stages")[1]
    assert (c4.min_words_per_line, c4.filter_policy) == (3, True)
    assert type(c4).model_validate(c4.model_dump(mode="json")) == c4
    for name in ("c4_lines", "boilerplate_lines"):
        config: Any = find(f"filters.{name}").config
        declared = {n: f.default for n, f in config.model_fields.items()}
        assert config().model_dump() == declared == config(dialect=declared["dialect"]).model_dump()


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("c4_lines", {"dialect": "curator"}, "'datatrove', 'dclm' or 'dolma'"),
        ("c4_lines", {"dialect": "dolma", "filter_policy": True}, "filter_policy is no rule of dialect 'dolma'"),
        (
            "boilerplate_lines",
            {"dialect": "dclm", "phrases": ["cookies"]},
            "no phrases are called 'cookies'; have items",
        ),
        ("text_modifiers", {}, "modifiers"),
        ("text_modifiers", {"modifiers": []}, "at least 1"),
        ("text_modifiers", {"modifiers": ["url"]}, "'urls', 'markdown'"),
        ("text_modifiers", {"modifiers": ["lines"]}, "need each other"),
        ("text_modifiers", {"modifiers": ["urls"], "remove_lines": ["Menu"]}, "need each other"),
        ("text_modifiers", {"modifiers": ["lines"], "remove_lines": ["a\nb"]}, "is no line"),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        configured(f"filters.{name}", given, "stages")
