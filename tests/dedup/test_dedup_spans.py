from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.dedup import reading, repeats, spans, units
from curation_lib.dedup.spans import STAGE, SpansConfig
from tests.dedup import spans_reference
from tests.dedup.spans_reference import collapsed, in_bytes

GOLDEN = Path(__file__).parents[1] / "golden" / "dedup" / "spans.json"
Edits = dict[str, list[tuple[str, int, int]]]


def edits(outcome: Any) -> Edits:
    found: Edits = {}
    for doc, edit in outcome.edits:
        found.setdefault(doc, []).append((edit.rule, edit.start, edit.end))
    return found


def edited(text: str, cuts: list[tuple[str, int, int]]) -> str:
    """`text` without what the edits name, by a definition of its own."""
    data = text.encode()
    for _, start, end in sorted(cuts, reverse=True, key=lambda cut: cut[1]):
        data = data[:start] + data[end:]
    return data.decode()


def expected(rows: list[tuple[str, str]], config: SpansConfig) -> tuple[Edits, dict[str, str], dict[str, list[str]]]:
    """Edits and texts of documents that stay, and the rules that emptied the others. `rows` have distinct ids."""
    size = (lambda text: -len(text.encode())) if config.survivor == "longest" else (lambda text: 0)
    order = sorted(rows, key=lambda row: (size(row[1]), row[0]))
    found, texts, emptied = {}, dict(rows), {}
    for (doc, text), (cuts, left) in zip(order, spans_reference.cuts([t for _, t in order], config), strict=True):
        cuts = [in_bytes(text, cut) for cut in cuts]
        if cuts and left:
            found[doc], texts[doc] = cuts, edited(text, cuts)
        elif cuts:
            removed = Counter[str]()
            for rule, start, end in cuts:
                removed[rule] += end - start
            emptied[doc] = [rule for rule, _ in removed.most_common()]
            del texts[doc]
    return found, texts, emptied


def test_golden(run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    outcome = run(STAGE, [[documents(golden["documents"])]], SpansConfig(**golden["settings"]))
    assert dict(zip(outcome.kept, outcome.texts, strict=True)) == golden["texts"]
    assert edits(outcome) == {doc: [tuple(cut) for cut in cuts] for doc, cuts in golden["edits"].items()}
    assert {doc: [drop.rule, *drop.also_failed] for doc, drop in outcome.drops} == golden["drops"]
    assert all((drop.kept_twin, drop.score, drop.threshold) == (None, 0.0, 1.0) for _, drop in outcome.drops)


WORDS = ["a", "b", "A", "字", "c-", "-", "é", "\n", "\n\n", " \n \u2003\n", ", ", " ", " ", " ", "z\u0301"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=18).map("".join), max_size=7)
SETTINGS = st.fixed_dictionaries(
    {
        "paragraphs": st.booleans(),
        "min_paragraph_tokens": st.integers(1, 3),
        "min_tokens": st.sampled_from([2, 3, 4, 5]),
        "survivor": st.sampled_from(["longest", "smallest_id"]),
        "spill_bytes": st.sampled_from([0, 100, 2**29]),
    }
)
SPLITS = st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=3)


@settings(max_examples=200)
@given(TEXTS, SETTINGS, st.booleans(), st.randoms(use_true_random=False), SPLITS, st.integers(1, 5))
@example(["a b a b", "b a b", "a b c"], {"min_tokens": 2}, False, None, [[1]], 2)
def test_equals_plain_python_in_any_order_and_split(
    run: Callable[..., Any],
    documents: Callable[..., pa.RecordBatch],
    split: Callable[..., Any],
    texts: list[str],
    options: dict[str, Any],
    no_runs: bool,
    random: Any,
    sizes: list[list[int]],
    partitions: int,
) -> None:
    if no_runs:
        options = {**options, "paragraphs": True, "min_tokens": None}
    config = SpansConfig(**options)
    rows = [(f"{n:02}", text) for n, text in enumerate(texts)]
    whole = documents([{"doc_id": doc, "text": text} for doc, text in rows])
    shuffle = range(len(rows)) if random is None else random.sample(range(len(rows)), len(rows))
    outcome = run(STAGE, split(whole.take(pa.array(shuffle, pa.int64())), sizes), config, partitions)
    found, kept, emptied = expected(rows, config)
    assert edits(outcome) == found
    assert dict(zip(outcome.kept, outcome.texts, strict=True)) == kept
    assert {doc: list(drop.also_failed) for doc, drop in outcome.drops} == emptied
    assert {drop.rule for _, drop in outcome.drops} <= {"nothing_left"}


@pytest.mark.parametrize("min_tokens", [50, 20])
def test_real_pages_equal_plain_python(
    min_tokens: int, run: Callable[..., Any], documents: Callable[..., Any], corpus: Callable[[str], pa.RecordBatch]
) -> None:
    rows = [
        (doc, text)
        for name in ("web-archive-pages", "powershell-versions")
        for doc, text in zip(*(corpus(name).column(c).to_pylist() for c in ("doc_id", "text")), strict=True)
        if "About/" not in doc and len(text) < 20_000
    ][:400]
    config = SpansConfig(min_tokens=min_tokens)
    outcome = run(STAGE, [[documents([{"doc_id": doc, "text": text} for doc, text in rows])]], config)
    found, kept, emptied = expected(rows, config)
    assert edits(outcome) == found
    assert dict(zip(outcome.kept, outcome.texts, strict=True)) == kept
    assert {doc: list(drop.also_failed) for doc, drop in outcome.drops} == emptied
    assert min(len(found), len(emptied)) > 20


@pytest.mark.parametrize("name", ["powershell-versions", "web-archive-pages"])
def test_every_paragraph_that_goes_stays_where_it_stood_first(
    name: str, run: Callable[..., Any], corpus: Callable[[str], pa.RecordBatch]
) -> None:
    batch = corpus(name)
    text = dict(zip(batch.column("doc_id").to_pylist(), batch.column("text").to_pylist(), strict=True))
    outcome = run(STAGE, [[batch]], SpansConfig(min_tokens=None))
    kept = {collapsed(text[doc][a:b]) for doc in outcome.kept for a, b in spans_reference.paragraphs(text[doc])}
    left = {collapsed(t[a:b]) for t in outcome.texts for a, b in spans_reference.paragraphs(t)}
    removed = [collapsed(text[doc].encode()[e.start : e.end].decode()) for doc, e in outcome.edits]
    assert {edit.rule for _, edit in outcome.edits} == {"repeated_paragraph"}
    assert len(removed) > 400
    assert set(removed) <= kept
    assert set(removed) <= left
    assert {drop.rule for _, drop in outcome.drops} <= {"nothing_left"}


def test_what_five_powershell_versions_share(run: Callable[..., Any], corpus: Callable[[str], pa.RecordBatch]) -> None:
    batch = corpus("powershell-versions")
    page = "Microsoft.PowerShell.Utility/Get-Random.md"
    mine = batch.filter(pa.array([doc.endswith(page) for doc in batch.column("doc_id").to_pylist()]))
    text = {doc[:3]: text for doc, text in zip(*(mine.column(c).to_pylist() for c in ("doc_id", "text")), strict=True)}
    outcome = run(STAGE, [[mine]], SpansConfig())
    assert sorted(text) == ["5.1", "7.4", "7.5", "7.6", "7.7"]
    assert [doc[:3] for doc in outcome.kept] == ["5.1", "7.4"]
    assert {doc[:3]: drop.also_failed for doc, drop in outcome.drops} == dict.fromkeys(
        ["7.5", "7.6", "7.7"], ("repeated_paragraph", "repeated_span")
    )
    old, new = outcome.texts
    assert new == text["7.4"]  # the longest
    repeated = "Gets a random number, or selects objects randomly from a collection."
    assert repeated in text["5.1"]
    assert repeated in new
    assert repeated not in old
    cuts = {text["5.1"].encode()[e.start : e.end].decode(): e.rule for _, e in outcome.edits}
    assert cuts[f"## SYNOPSIS\n{repeated}\n\n"] == "repeated_paragraph"
    own = "This command returns the entire collection in random order."
    assert own in old
    assert own not in new


def test_identical_captures_leave_one(run: Callable[..., Any], corpus: Callable[[str], pa.RecordBatch]) -> None:
    """A page captured twice keeps its words in the first capture; the other has nothing of its own."""
    batch = corpus("web-archive-pages")
    copies: dict[str, list[str]] = {}
    for doc, text in zip(batch.column("doc_id").to_pylist(), batch.column("text").to_pylist(), strict=True):
        copies.setdefault(collapsed(text), []).append(doc)
    later = {max(docs) for text, docs in copies.items() if len(docs) == 2 and len(spans_reference.words(text)) >= 50}
    outcome = run(STAGE, [[batch]], SpansConfig(survivor="smallest_id"))
    assert len(later) > 50
    assert later <= {doc for doc, _ in outcome.drops}


def test_a_repeat_within_one_document_stays(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    text = "one two three four five six seven eight nine ten\n\n" * 3
    outcome = run(STAGE, [[documents([{"doc_id": "a", "text": text}])]], SpansConfig(min_tokens=3))
    assert (outcome.kept, outcome.texts, outcome.edits, outcome.read) == (["a"], [text], [], [])


def test_a_shared_hash_alone_removes_nothing(
    monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any], documents: Callable[..., Any]
) -> None:
    """Every fingerprint and every paragraph's upper half is the same: only the lower halves tell them apart."""

    def colliding(column: Any) -> Any:
        words = word_spans(column)
        return words._replace(high=np.zeros_like(words.high))

    def same_upper(column: Any) -> Any:
        high, low = normalised_hashes(column)
        return np.zeros_like(high), low

    word_spans, normalised_hashes = spans.word_spans, units.normalised_hashes
    monkeypatch.setattr(spans, "word_spans", colliding)
    monkeypatch.setattr(units, "normalised_hashes", same_upper)
    rows = [
        ("a", "one two three\n\nfour five six"),
        ("b", "six five four one\n\nnine"),
        ("c", "x one two three y\n\nnine"),
    ]
    config = SpansConfig(min_tokens=3, min_paragraph_tokens=1, survivor="smallest_id")
    outcome = run(STAGE, [[documents([{"doc_id": doc, "text": text} for doc, text in rows])]], config)
    assert edits(outcome) == expected(rows, config)[0]
    assert outcome.texts == ["one two three\n\nfour five six", "six five four one\n\nnine", "x y"]


@pytest.mark.parametrize("half", ["high", "low"])
def test_both_halves_of_a_hash_decide(half: str) -> None:
    """Units of which one half of the hash is the same, and the other puts them all at one place of the table."""
    n, same = np.arange(1000), np.zeros(1000, np.uint64)

    def hashes(first: int) -> list[np.ndarray]:
        apart = (n + first).astype(np.uint64) << np.uint64(40)
        return [apart, same] if half == "high" else [same, apart]

    with repeats.Repeats(2**20) as found:
        for first in (0, 0, 1):
            found.add(np.array([1000]), 0 * n, n, *hashes(first))
        assert found.runs(np.array([0, 1, 2])).to_pylist() == [[], [0, 1000], [0, 999]]


def test_a_footer_200_000_times_is_cut_in_linear_time(
    run: Callable[..., Any], documents: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compared with each other, they would be 2 * 10**10 pairs. Text is read in small pieces, once."""
    monkeypatch.setattr(reading, "SPAN", 512)
    footer = " ".join(f"word{n}" for n in range(60))
    rows = [{"doc_id": f"{n:06}", "text": f"page {n:06}\n{footer}"} for n in range(200_000)]
    outcome = run(STAGE, [[documents(rows)]], SpansConfig())
    assert len(outcome.kept) == 200_000
    assert outcome.texts[0] == rows[0]["text"]
    assert set(outcome.texts[1:]) == {f"page {n:06}" for n in range(1, 200_000)}
    assert len(outcome.edits) == 199_999
    assert sum(outcome.read) == 200_000
    assert max(outcome.read) == 512


def test_200_000_texts_of_a_word_or_none_are_not_read(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    outcome = run(
        STAGE, [[documents([{"doc_id": f"{n:06}", "text": "word" * (n % 2)} for n in range(200_000)])]], SpansConfig()
    )
    assert (len(outcome.kept), outcome.read) == (200_000, [])


def test_candidates_beyond_the_cap_lie_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def noted() -> Any:
        opened.append(TemporaryFile())  # noqa: SIM115 - closed by Repeats
        return opened[-1]

    monkeypatch.setattr(repeats, "TemporaryFile", noted)
    rng = np.random.default_rng(1)
    unit, document = np.arange(1000), np.repeat(np.arange(10), 100)
    high = rng.integers(0, 2**64, 50, dtype=np.uint64)[rng.integers(0, 50, 1000)]
    answers = []
    for cap in (0, 5000, 2**20):
        with repeats.Repeats(cap) as found:
            for part in np.split(np.arange(1000), 10):
                found.add(np.array([1000]), np.zeros(100, np.int64), unit[part], high[part], high[part])
            answers.append(found.runs(np.arange(10)).to_pylist())
    assert len(opened) == 2 * repeats.BUCKETS
    assert all(file.closed for file in opened)
    assert answers[0] == answers[1] == answers[2]
    first = {h: d for d, h in reversed(list(zip(document.tolist(), high.tolist(), strict=True)))}
    ours = [
        (d, u)
        for d, runs in enumerate(answers[0])
        for a, b in zip(runs[::2], runs[1::2], strict=True)
        for u in range(a, b)
    ]
    assert ours == [
        (d, u) for d, u, h in zip(document.tolist(), unit.tolist(), high.tolist(), strict=True) if first[h] < d
    ]


def test_settings_that_cut_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="cuts nothing; set one of them"):
        SpansConfig(paragraphs=False, min_tokens=None)
