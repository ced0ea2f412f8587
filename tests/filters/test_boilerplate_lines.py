from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.core.stage import Context, Result
from curation_lib.filters.boilerplate_lines import COOKIE_WORDS, RULES, STAGE
from curation_lib.filters.boilerplate_phrases import COUNTED, EDGE, END, PHRASES, START, WHOLE
from tests.filters.judging import PROSE, documents
from tests.normalize.test_extraction_gold import dense, extracted, gold, shingles
from tests.text import reference
from tests.text.test_phrases import folded, number_of_words, tokens

PIECES = ["Read more", "read ", "more", "\n", "\r\n", " ", "3 likes", "12", "WORD", "word ", "Comments", "share this",
          "© 20", "all rights reserved", "é", "語", "_", ".", "we use cookies ", "tags:", "\u0301"]  # fmt: skip
TEXTS = st.one_of(reference.TEXTS, st.lists(st.sampled_from(PIECES)).map("".join))
KNOWN = {
    tuple(c for c, _ in tokens(p)): (g, where) for g, at in PHRASES.items() for where, ps in at.items() for p in ps
}
KNOWN.update({(*word,): ("", "") for word in COUNTED})


def run(batch: pa.RecordBatch, **given: object) -> Result:
    return STAGE.fn(batch, STAGE.config(**given), Context())


def removed(text: str, **given: object) -> list[tuple[str, str]]:
    """(rule, text removed) of one document."""
    data = text.encode()
    return [(e.rule, data[e.start : e.end].decode()) for e in run(documents(text), **given).edits]


def rule_of(line: str) -> str:
    """The rule by which a line goes with the default settings, from the definitions; empty where it stays."""
    line = line.strip()
    kinds = [kind for _, kind in tokens(line)]
    words, letters = number_of_words(kinds), [c for c in line if c.isalpha()]
    digits = any(unicodedata.category(c) == "Nd" for c in line)
    if letters and sum(folded(c) != c for c in letters) > 0.8 * len(letters):
        return "max_uppercase_ratio"
    if digits and not letters:
        return "numeric"
    counted, groups = phrases_in(line, words)
    numbers = [w for w in pieces(line) if unicodedata.category(w[0]) == "Nd" and not any(c.isalpha() for c in w)]
    if numbers and counted and len(numbers) + counted == words:
        return "counters"
    if line and words < 2:
        return "min_words"
    return next((group for group in PHRASES if group in groups), "")


def pieces(line: str) -> list[str]:
    """The words of a line as text."""
    found = [""]
    for char in line:
        kind = reference.kind(char)
        if kind in "SP":
            found.append("")
        elif number_of_words([reference.kind(c) for c in found[-1] + char]) > 1:
            found.append(char)
        else:
            found[-1] += char
    return [word for word in found if word]


def phrases_in(line: str, words: int) -> tuple[int, set[str]]:
    chars = tokens(line)
    word = [kind in "JAM" for _, kind in chars]
    counted, groups = 0, set()
    for i in range(len(chars)):
        if i and word[i - 1]:
            continue
        ends = [n for n in range(i + 1, min(len(chars), i + 80) + 1)
                if tuple(c for c, _ in chars[i:n]) in KNOWN and not (n < len(chars) and word[n])]  # fmt: skip
        if not ends:
            continue
        group, where = KNOWN[tuple(c for c, _ in chars[i : ends[-1]])]
        counted += not group
        begins, closes = not any(word[:i]), not any(word[ends[-1] :])
        fits = {START: begins, END: closes, WHOLE: begins and closes, EDGE: begins or closes}.get(where, True)
        if group and fits and words <= (COOKIE_WORDS if group == "cookies" else 10):
            groups.add(group)
    return counted, groups


@settings(max_examples=300)
@given(TEXTS)
def test_each_line_goes_by_the_first_rule_it_fails(text: str) -> None:
    lines = text.splitlines(keepends=True)
    wanted = [(rule, line) for line in lines if (rule := rule_of(line))]
    found = [(rule, line) for rule, line in removed(text + "\nHere stays a line.") if rule != "whitespace"]
    wanted = [(rule, line if line.splitlines()[0] != line else line + "\n") for rule, line in wanted]
    assert [rule for rule, _ in found] == [rule for rule, _ in wanted]
    assert [line.strip() for _, line in found] == [line.strip() for _, line in wanted]


def test_no_phrase_stands_twice() -> None:
    entries = [*COUNTED, *(phrase for at in PHRASES.values() for some in at.values() for phrase in some)]
    assert [phrase for phrase, times in Counter(entries).items() if times > 1] == []


def check_law(texts: list[str], result: Result) -> None:
    """Taking the edits out of the input gives the output, byte for byte."""
    data = [bytearray(text.encode()) for text in texts]
    for edit in reversed(result.edits):
        assert edit.rule in RULES[1:]
        assert 0 <= edit.start < edit.end <= len(data[edit.row])
        del data[edit.row][edit.start : edit.end]
    kept = dict(zip(*(result.kept.column(n).to_pylist() for n in ("doc_id", "text")), strict=True))
    dropped = {drop.row for drop in result.drops}
    assert {str(i): p.decode() for i, p in enumerate(data) if i not in dropped} == kept
    assert not dropped & {edit.row for edit in result.edits}


@settings(max_examples=200)
@given(st.lists(TEXTS, max_size=4), st.sampled_from([None, 0.05, 0.5]), st.integers(0, 4))
def test_edits_give_the_output_and_halves_the_whole(texts: list[str], most: float | None, cut: int) -> None:
    batch = documents(*texts)
    whole = run(batch, max_removed_word_ratio=most)
    check_law(texts, whole)
    halves = [run(part, max_removed_word_ratio=most) for part in (batch.slice(0, cut), batch.slice(cut))]
    assert pa.Table.from_batches([h.kept for h in halves]).to_pylist() == whole.kept.to_pylist()


def test_rules_by_hand() -> None:
    lines = {
        "We use cookies to make this page better for everybody who reads it.": "cookies",
        "SUBSCRIBE NOW TO THE PAPER": "max_uppercase_ratio",
        "12.05.2021 | 14:30": "numeric",
        "1.2 likes · 3 comments": "counters",
        "Menu": "min_words",
        "Read more about rivers": "read_more",
        "The flood of 1953 … Weiterlesen": "read_more",
        "Share this: Facebook Twitter": "sharing",
        "Skip to main content": "navigation",
        "Schreibe einen Kommentar": "comments",
        "© 2021 Example Ltd. All rights reserved.": "copyright",
        "Sign up for our newsletter today": "subscription",
        "She wanted to read more of it, and so did I.": "",
        "He counted 3 boats": "",
    }
    text = "\n".join([PROSE, *lines, "The end came in May."])
    assert removed(text) == [(rule, f"{line}\n") for line, rule in lines.items() if rule]
    assert removed(PROSE) == []


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ({"max_uppercase_ratio": None}, "ALL IN CAPITALS"),
        ({"numeric": False}, "1953 - 1955."),
        ({"counters": False}, "3 likes"),
        ({"min_words": None}, "Menu"),
        ({"phrases": ["cookies"]}, "Read more"),
        ({"max_phrase_words": 2}, "Read more about rivers"),
    ],
)
def test_every_rule_can_be_turned_off(setting: dict[str, object], line: str) -> None:
    assert removed(f"{PROSE}\n{line}")
    assert removed(f"{PROSE}\n{line}", **setting) == []


def test_a_document_that_is_mostly_furniture_is_dropped() -> None:
    texts = ["Menu\nHome\nRead more", PROSE, f"{PROSE}\nMenu\nRead more"]
    first, *others = run(documents(*texts)).drops
    assert (first.row, first.rule, first.also_failed, others) == (0, "empty", ("min_words", "read_more"), [])
    strict = run(documents(*texts), max_removed_word_ratio=0.02)
    assert [(d.row, d.rule, d.threshold) for d in strict.drops] == [(n, "max_removed_word_ratio", 0.02) for n in (0, 2)]
    assert [d.score for d in strict.drops] == [1.0, pytest.approx(3 / 81)]
    with pytest.raises(ValidationError, match="cokies"):
        STAGE.config(phrases=["cokies"])


def test_snippets_of_real_pages_that_must_stay_and_must_go(data: Path) -> None:
    found = extracted(data / "html_gold", "trafilatura-eval")
    result = run(documents(*found.values()))
    ids, texts = (result.kept.column(name).to_pylist() for name in ("doc_id", "text"))
    edited = dict(zip((list(found)[int(i)] for i in ids), texts, strict=True))
    counts: Counter[str] = Counter()
    for page in gold(data / "html_gold", "trafilatura-eval"):
        before, after = dense(found.get(page["url"], "")), dense(edited.get(page["url"], ""))
        for kind in ("with", "without"):
            counts[kind] += sum(dense(snippet) in before for snippet in page[kind])
            counts[f"{kind} left"] += sum(dense(snippet) in after for snippet in page[kind])
    assert 1 - counts["with left"] / counts["with"] < 0.01
    assert 1 - counts["without left"] / counts["without"] > 0.2


def test_whole_articles_that_the_phrases_were_not_gathered_from(data: Path) -> None:
    found = extracted(data / "html_gold", "scrapinghub-aeb")
    result = run(documents(*found.values()))
    ids, kept = (result.kept.column(name).to_pylist() for name in ("doc_id", "text"))
    edited = dict(zip((list(found)[int(i)] for i in ids), kept, strict=True))
    before, after = (Counter[str](), Counter[str]())
    for page in gold(data / "html_gold", "scrapinghub-aeb"):
        wanted = shingles(page["articleBody"])
        for counts, texts in ((before, found), (after, edited)):
            words = shingles(texts.get(page["url"], ""))
            counts.update(good=(wanted & words).total(), bad=(words - wanted).total())
    assert after["good"] > 0.99 * before["good"]
    assert after["bad"] < 0.97 * before["bad"]
