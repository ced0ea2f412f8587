from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.filters.code_markup import STAGE
from curation_lib.text.code_lines import PAIRS, PROSE_SPACES, SIGNS
from tests.filters.judging import PROSE, failures, scores_of
from tests.text import reference

SPACES = "\t\v\f\r "
PIECES = [
    *PAIRS,
    *SIGNS,
    "f(",
    "a_b",
    "// ",
    "#include",
    "# ",
    "--x",
    "\n",
    " ",
    "words of it ",
    "é",
    ".",
    "<b>",
    "</b>",
    "1",
    "语",
    ",",
]
TEXTS = st.one_of(reference.TEXTS, st.lists(st.sampled_from(PIECES)).map("".join))


def points(line: str) -> int:
    """Points of a stripped line, from the definition."""
    plain = [c for c in line if c not in SPACES]
    signs = sum(c in SIGNS for c in plain)
    pairs = sum(pair in line for pair in PAIRS)
    ends = 2 if line[-1] in ";{}[(=\\" else 1 if line[-1] in ")]>,:" else 0
    begins = re.match(r"[<{}@$]|//|/\*|[\\#][a-zA-Z]|--[a-zA-Z0-9]", line)
    spaces = line.count(" ")
    prose = spaces >= 3 * PROSE_SPACES or (spaces >= PROSE_SPACES and line[-1] in ".?!")
    share = (10 * signs >= len(plain)) + (5 * signs >= len(plain)) if signs else 0
    call = bool(re.search(r"[a-zA-Z0-9_]\(", line)) + bool(re.search(r"[a-zA-Z0-9]_(?=[a-zA-Z0-9])", line))
    return ends + 2 * bool(begins) + min(pairs, 2) + call + share - 2 * prose


def expected(text: str) -> tuple[float, float]:
    lines = [line.strip(SPACES) for line in text.split("\n") if line.strip(SPACES)]
    whole = sum(map(len, lines)) or 1
    tags = [tag for line in lines for tag in re.findall(r"<[a-zA-Z/!][^<>]*>", line)]
    return sum(len(line) for line in lines if points(line) >= 2) / whole, sum(map(len, tags)) / whole


@settings(max_examples=400)
@given(st.lists(TEXTS, max_size=4))
@example(["a <b\nc> <d <e> f>", "x = f(1);\n\r\n one two three four five six seven."])
def test_scores_equal_the_definition(texts: list[str]) -> None:
    found = scores_of(STAGE, *texts)
    rows = zip(*(found.column(name).to_pylist() for name in ("code_ratio", "tag_ratio")), strict=True)
    assert list(rows) == [expected(text) for text in texts]


@pytest.mark.parametrize(
    "line",
    [
        "if (x == 1) {",
        '  "name": "winnow",',
        "let total = items.iter().sum();",
        "<div class='menu'>Home</div>",
        "#include <stdio.h>",
        r"\begin{equation}",
        ".menu > li { color: red; }",
        "$ make test",
        "from os import path_like_name, other_name = (",
    ],
)
def test_lines_of_code_and_markup(line: str) -> None:
    assert scores_of(STAGE, line).column("code_ratio").to_pylist() == [1.0]


def test_prose_with_some_code_in_it_stays() -> None:
    assert failures(STAGE, PROSE) == {}
    assert failures(STAGE, f"{PROSE}\nx = f(1);\nThe function `f()` returns what `x == 1` is, or nothing at all.") == {}
    assert failures(STAGE, "<p>Home</p>\n<b>a word</b>") == {"max_code_ratio": 1.0, "max_tag_ratio": 14 / 24}


def parts(text: str) -> tuple[list[str], list[str]]:
    """Lines within and outside the fences of a Markdown text."""
    fenced, code, rest = False, [], []
    for line in text.split("\n"):
        if re.match(r"\s*(```|~~~)", line):
            fenced = not fenced
        elif line.strip():
            (code if fenced else rest).append(line)
    return code, rest


def test_fenced_code_is_told_from_the_prose_around_it(data: Path) -> None:
    code, prose = [], []
    with zstandard.open(data / "text" / "english.jsonl.zst", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["url"].endswith(".md"):
                inside, outside = parts(row["text"])
                code += ["\n".join(inside)] if len(inside) >= 10 else []
                prose += ["\n".join(outside)] if len(outside) >= 10 else []
    failed = [sum(s > 0.4 for s in scores_of(STAGE, *t).column("code_ratio").to_pylist()) for t in (code, prose)]
    assert len(code) > 500
    assert len(prose) > 1000
    assert failed[0] >= 0.89 * len(code)
    assert failed[1] <= 0.003 * len(prose)
