from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from pydantic import ValidationError

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.stage import Context, Rule
from curation_lib.filters.decontaminate import STAGE, DecontaminateConfig, common, counted, load, summarise
from curation_lib.text.contamination import added
from tests.filters.judging import documents

QUESTION = "A baker sells 24 rolls on Monday and twice as many on Tuesday; how many rolls did she sell in all?"
CHANGED = QUESTION.replace("24", "36")
OTHER = "Which of the seven wonders of the ancient world still stands near the city of Cairo today?"
SHORT = "Who wrote the play about the prince of Denmark?"


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    return write(tmp_path / "bench.jsonl", [{"q": q, "key": f"k{n}"} for n, q in enumerate((QUESTION, OTHER, SHORT))])


def judged(path: Path, *texts: str, **settings: Any) -> tuple[pa.RecordBatch, list[Rule]]:
    config = DecontaminateConfig.model_validate(
        {"benchmarks": [{"name": "quiz", "paths": str(path), "fields": "q"}], **settings}
    )
    batch = documents(*texts)
    scores = STAGE.measure(batch, config, Context(load(config)))
    return scores, list(STAGE.keep(scores, config, Context(state=added([summarise(scores, config, None)]))))


def fails(path: Path, text: str, **settings: Any) -> dict[str, float]:
    return {r.name: r.score[0].as_py() for r in judged(path, text, **settings)[1] if r.failed[0].as_py()}


def found(path: Path, text: str, **settings: Any) -> list[tuple[str, bool, float]]:
    scores, _ = judged(path, text, **settings)
    return [(h["item"], h["near"], round(h["share"], 3)) for h in scores.column("hits")[0].as_py()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Before it. {QUESTION} After it.", [("0", False, 1.0)]),
        (QUESTION.upper().replace(",", "").replace(";", " -"), [("0", False, 1.0)]),
        (" ".join(QUESTION.split()[:12]), [("0", False, 0.357)]),
        (f"{CHANGED} And so on.", [("0", True, 1.0)]),
        (f"{CHANGED} {QUESTION}", [("0", False, 1.0)]),
        (f"{OTHER} {SHORT}", [("1", False, 1.0), ("2", False, 1.0)]),
        ("A baker sells bread on Monday and twice as many as on Tuesday.", []),
        ("", []),
    ],
)
def test_what_is_found(bench: Path, text: str, expected: list[Any]) -> None:
    assert found(bench, text) == expected


def test_signs_inside_words_may_be_stripped_or_not(tmp_path: Path) -> None:
    item = "Mr. O'Hara's mother-in-law can't re-use the 1,500 e-mails they've got; isn't it so?"
    bench = write(tmp_path / "b.jsonl", [{"q": item}])
    assert found(bench, item) == found(bench, item.translate(str.maketrans("", "", ".'-,;?"))) == [("0", False, 1.0)]


def test_a_field_shorter_than_an_n_gram_is_met_as_a_whole(bench: Path) -> None:
    assert fails(bench, SHORT, ngram=13) == {"max_contamination": 1.0}
    assert fails(bench, SHORT.replace("Denmark", "Norway"), ngram=13) == {}
    assert fails(bench, SHORT, ngram=13, min_tokens=10) == {}


def test_near_misses_fail_only_where_a_limit_is_set(bench: Path) -> None:
    assert fails(bench, CHANGED) == fails(bench, CHANGED, max_contamination=0) == {}
    assert fails(bench, CHANGED, max_near_contamination=0.5) == {"max_near_contamination": 1.0}


def test_the_limit_itself_passes_and_null_turns_a_rule_off(bench: Path) -> None:
    half = " ".join(QUESTION.split()[:12])
    assert fails(bench, half, max_contamination=0.35) == {"max_contamination": 5 / 14}
    assert fails(bench, half, max_contamination=5 / 14) == {}
    assert fails(bench, QUESTION, max_contamination=None) == {}


def test_characters_know_no_words(bench: Path) -> None:
    glued = QUESTION.replace(" ", "")
    assert fails(bench, glued) == {}
    assert fails(bench, glued, token="character") == {"max_contamination": 1.0}
    assert found(bench, CHANGED, token="character") == [("0", True, 1.0)]


def test_what_many_items_share_is_no_hit(tmp_path: Path) -> None:
    ask = "Read the following passage with care and then choose the best of these answers:"
    rows = [{"q": f"{ask} item {word} asks about the {word} of a house on the hill by the river"} for word in
            "door wall roof floor attic cellar stair hall kitchen garden gate".split()]  # fmt: skip
    bench = write(tmp_path / "b.jsonl", rows)
    assert found(bench, ask) == []
    assert [item for item, _, share in found(bench, ask, max_texts=11) if share > 0.1] == [str(n) for n in range(11)]
    assert found(bench, rows[3]["q"]) == [("3", False, 1.0)]


def test_a_passage_of_many_items_is_searched(tmp_path: Path) -> None:
    passage = "The lighthouse keeper rowed out at dawn to see what the storm had left on the sand."
    bench = write(tmp_path / "b.jsonl", [{"q": passage} for _ in range(20)])
    assert found(bench, passage) == [(str(n), False, 1.0) for n in range(20)]


def test_a_phrase_of_many_documents_is_no_hit_but_a_whole_item_is(bench: Path) -> None:
    part, texts = " ".join(QUESTION.split()[:10]), 11
    _, (rule,) = judged(bench, *[f"{part} number {n}" for n in range(texts)])
    assert rule.failed.to_pylist() == [False] * texts
    _, (rule,) = judged(bench, *[f"{part} number {n}" for n in range(texts)], common_documents=None)
    assert rule.failed.to_pylist() == [True] * texts
    _, (rule,) = judged(bench, *[QUESTION] * texts)
    assert rule.failed.to_pylist() == [True] * texts


def test_evidence_names_benchmark_item_field_and_bytes(bench: Path) -> None:
    text = f"Über uns.\n\n{OTHER}\n\nThe end."
    _, (rule,) = judged(bench, text)
    start = len("Über uns.\n\n".encode())
    assert rule.evidence[0].as_py() == f"quiz 1 q: 1.000 at {start}-{start + len(OTHER) + 2}"


def test_a_cut_takes_the_item_with_its_signs(bench: Path) -> None:
    texts = [f"Über uns. “{OTHER}”\n\n{SHORT} The end.", OTHER, CHANGED]
    _, (rule,) = judged(bench, *texts, action="cut")
    assert rule.failed.to_pylist() == [False, True, False]  # nothing would be left of the second
    left = texts[0].encode()
    for cut in reversed(rule.cuts[0].as_py()):
        left = left[: cut["start"]] + left[cut["stop"] :]
    assert left.decode() == "Über uns. The end."
    assert [cut["evidence"].split(":")[0] for cut in rule.cuts[0].as_py()] == ["quiz 1 q", "quiz 2 q"]
    assert rule.cuts[2].as_py() is None


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_every_kind_of_file_and_a_folder_of_them(tmp_path: Path, suffix: str, bench: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("a", "b"):
        path = folder / f"{name}{suffix}"
        if suffix == ".parquet":
            pq.write_table(pa.table({"q": [OTHER, QUESTION]}), path)
        else:
            pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)
            path.write_bytes(pack(f"{json.dumps({'q': OTHER})}\n{json.dumps({'q': [QUESTION]})}\n".encode()))
    expected = [(f"{name}{suffix}#1", False, 1.0) for name in ("a", "b")]
    assert found(folder, QUESTION) == found(folder / f"*{suffix}", QUESTION) == expected
    assert found(folder / f"a{suffix}", QUESTION) == [("1", False, 1.0)]


def test_any_file_system_will_do(bench: Path) -> None:
    with fsspec.open("memory://evaluation/quiz.jsonl", "wb") as file:
        file.write(bench.read_bytes())
    for path in ("memory://evaluation", "memory://evaluation/*.jsonl", "memory://evaluation/quiz.jsonl"):
        assert found(Path(), OTHER, benchmarks=[{"name": "quiz", "paths": path, "fields": "q"}]) == [("1", False, 1.0)]


def test_an_item_is_called_by_its_id(bench: Path) -> None:
    quiz = {"name": "quiz", "paths": f"file://{bench}", "fields": ["q"], "id": "key"}
    assert found(bench, OTHER, benchmarks=[quiz]) == [("k1", False, 1.0)]


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ('{"q": "x"}\n', {"fields": "question"}, "bench.jsonl#0 has no field 'question'; fields are q"),
        ('{"q": "one two three"}\n', {}, "no item of q has 8 tokens"),
        ('{"q": 1}\n[1]\n', {}, "bench.jsonl#1 has no field 'q'; fields are none, it is a list"),
        ('{"q": {}}\n', {}, "field 'q' is a dict"),
        (
            '{"q": "x"}\n\n{"q": \n',
            {},
            r"cannot read .*: row 1 is no JSON: unexpected end of data, column 7; give whole",
        ),
        ('{"q": "x"}\n', {"paths": "nowhere"}, "there is nothing at .*nowhere"),
    ],
)
def test_a_benchmark_that_cannot_be_searched_stops(
    bench: Path, content: str, settings: dict[str, Any], message: str
) -> None:
    bench.write_text(content)
    with pytest.raises(ConfigError, match=message):
        judged(bench, "x", benchmarks=[{"name": "quiz", "paths": str(bench), "fields": "q", **settings}])


def test_two_benchmarks_need_two_names(bench: Path) -> None:
    quiz = {"name": "quiz", "paths": str(bench), "fields": "q"}
    with pytest.raises(ValidationError, match="'quiz' stands twice"):
        DecontaminateConfig.model_validate({"benchmarks": [quiz, quiz]})


def test_bytes_and_names_of_benchmarks_identify_scores_their_place_does_not(bench: Path, tmp_path: Path) -> None:
    def identity(path: Path, **more: Any) -> Any:
        quiz = {"name": "quiz", "paths": str(path), "fields": "q"}
        return stage_identity(STAGE, DecontaminateConfig.model_validate({"benchmarks": [quiz], **more}), ("measure",))

    first = identity(bench)
    (tmp_path / "moved").mkdir()
    moved = tmp_path / "moved" / bench.name
    moved.write_bytes(bench.read_bytes())
    assert identity(moved) == identity(bench, max_contamination=0.5, action="cut") == first
    assert identity(moved.rename(moved.with_name("other.jsonl"))) != first
    bench.write_text(bench.read_text().replace("baker", "farmer"))
    assert identity(bench) != first


def planted(data: Path, **settings: Any) -> tuple[list[dict[str, Any]], list[Rule], list[list[dict[str, Any]]]]:
    """The planted documents, what the rules say, and each document's hits over the limit."""
    with zstandard.open(data / "decontam" / "gsm8k-test-in-18f-powershell.jsonl.zst", "rt", encoding="utf8") as file:
        rows = [json.loads(line) for line in file]
    bench = data / "bench" / "gsm8k" / "test.jsonl.zst"
    quiz = {"name": "gsm8k", "paths": str(bench), "fields": ["question", "answer"]}
    scores, rules = judged(bench, *(row["text"] for row in rows), benchmarks=[quiz], **settings)
    return (
        rows,
        rules,
        [[h for h in some if h["share"] > rules[0].threshold] for some in scores.column("hits").to_pylist()],
    )


@pytest.mark.parametrize(
    ("settings", "half", "split"),
    [({}, 49, 48), ({"ngram": 13, "max_contamination": 0}, 47, 42), ({"token": "character"}, 46, 34)],
)
def test_planted_items_are_found_and_attributed(data: Path, settings: dict[str, Any], half: int, split: int) -> None:
    """Copies whole, in capitals without signs, with their answers, halved, or one sentence here and one there."""
    rows, (rule,), hits = planted(data, **settings)
    caught, attributed, near = Counter[str](), Counter[str](), Counter[str]()
    with zstandard.open(data / "bench" / "gsm8k" / "test.jsonl.zst", "rt", encoding="utf8") as file:
        questions = [json.loads(line)["question"] for line in file]
    for row, failed, some in zip(rows, rule.failed.to_pylist(), hits, strict=True):
        # a question without a digit has no number to change: the copy is exact
        kind = (
            row["kind"]
            if row["kind"] != "numbers_changed" or questions[row["item_index"]] not in row["text"]
            else "exact"
        )
        caught[kind] += failed
        attributed[kind] += any(h["item"] == str(row["item_index"]) and not h["near"] for h in some)
        near[kind] += any(h["item"] == str(row["item_index"]) and h["near"] for h in some)
    whole = {
        "exact": 51,
        "punct_case": 50,
        "question_and_answer": 50,
        "half_truncated": half,
        "split_by_sentence": split,
    }
    assert caught == attributed == Counter(whole)
    assert near["numbers_changed"] == 49
    assert near["clean"] == 0


def test_real_documents_are_clean(data: Path) -> None:
    texts = []
    for name in ("english", "multilingual"):
        with zstandard.open(data / "text" / f"{name}.jsonl.zst", "rt", encoding="utf8") as file:
            texts += [json.loads(line)["text"] for line in file][::12]
    bench = data / "bench" / "gsm8k" / "test.jsonl.zst"
    quiz = {"name": "gsm8k", "paths": str(bench), "fields": ["question", "answer"]}
    scores, (rule,) = judged(bench, *texts, benchmarks=[quiz], max_contamination=0)
    assert len(texts) > 3000
    assert not any(rule.failed.to_pylist())
    assert max(scores.column("near_contamination").to_pylist()) < 0.1


def test_counts_of_documents_add_up() -> None:
    assert added([[[1, 2], [5, 1]], [], [[1, 1], [3, 4]]]) == [[1, 3], [3, 4], [5, 1]]
    assert common([[1, 3], [3, 4]], 3) == {3}
    assert common([[1, 3]], None) == common(None, 1) == frozenset()
    hit = {"share": 0.3, "ngrams": 10, "found": [1, 2, 3]}
    assert counted([hit], frozenset({3})) == [(hit, 0.2)]
