"""Writes this folder's expected scores with datatrove's own filters, given our words. Run by hand, from the
root, in an environment of its own (datatrove is no dependency of ours):

    uv venv oracle && uv pip install --python oracle/bin/python \\
        datatrove==0.10.1 spacy==3.8.18 nltk regex numba pyarrow pydantic hypothesis zstandard
    oracle/bin/python -m tests.golden.filters.regenerate

A filter's score is read off by giving it a threshold that notes what it is compared with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import spacy
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from spacy.tokens import Doc

from tests.text.reference import words

HERE = Path(__file__).parent
MODULES = ("gopher_quality_filter", "gopher_repetition_filter", "fineweb_quality_filter")
SPACY = spacy.blank("en")
SENTENCIZER = SPACY.add_pipe("sentencizer")

GOPHER = {  # our score -> their threshold
    "words": "min_doc_words",
    "mean_word_length": "min_avg_word_length",
    "hash_ratio": "max_symbol_word_ratio",
    "ellipsis_ratio": "max_symbol_word_ratio",
    "bullet_line_ratio": "max_bullet_lines_ratio",
    "ellipsis_line_ratio": "max_ellipsis_lines_ratio",
    "alphabetic_word_ratio": "max_non_alpha_words_ratio",
    "stop_words": "min_stop_words",
}
REPEATED = ("dup_para_frac", "dup_para_char_frac", "dup_line_frac", "dup_line_char_frac")
FINEWEB = {
    "line_punct_ratio": "line_punct_thr",
    "short_line_ratio": "short_line_threshold",
    "char_dup_ratio": "char_duplicates_ratio",
    "newline_ratio": "new_line_ratio",
}

QUIET = {f"filter_{name}": False for name in ("no_terminal_punct", "lorem_ipsum", "javascript", "curly_bracket")}
QUIET |= {"filter_policy": False, "remove_citations": False}


class Noting(float):
    """A threshold that nothing fails, and that keeps what was held against it."""

    __array_ufunc__ = None  # numpy's numbers then leave the comparison to us

    def __new__(cls) -> Noting:
        one = super().__new__(cls, 1.0)
        one.met = []
        return one

    def _note(self, other: Any) -> bool:
        self.met.append(float(other))
        return False

    __lt__ = __gt__ = __le__ = __ge__ = _note


def note(judge: Any, text: str, *names: str) -> dict[str, list[float]]:
    """What each of the filter's thresholds was compared with."""
    noting = {name: Noting() for name in names}
    for name, one in noting.items():
        setattr(judge, name, one)
    judge.filter(Document(text=text, id="0"))
    return {name: one.met for name, one in noting.items()}


def gopher_quality(text: str, language: str = "en") -> dict[str, float]:
    judge = GopherQualityFilter(max_doc_words=None, max_avg_word_length=None, language=language)
    met = note(judge, text, *dict.fromkeys(GOPHER.values()))
    return {score: met[name][1 if score == "ellipsis_ratio" else 0] for score, name in GOPHER.items()}


def gopher_repetition(text: str, language: str = "en") -> dict[str, float]:
    judge = GopherRepetitionFilter(language=language)
    top, dup = [Noting() for _ in range(2, 5)], [Noting() for _ in range(5, 11)]
    judge.top_n_grams = tuple(zip(range(2, 5), top, strict=True))
    judge.dup_n_grams = tuple(zip(range(5, 11), dup, strict=True))
    scores = {name: met[0] for name, met in note(judge, text, *REPEATED).items()}
    for n, one in enumerate([*top, *dup], 2):  # no n-gram, no comparison
        scores[f"{'top' if n < 5 else 'dup'}_{n}_gram_frac"] = one.met[0] if one.met else 0.0
    return scores


def fineweb_quality(text: str, language: str = "en") -> dict[str, float]:
    met = note(FineWebQualityFilter(language=language), text, *FINEWEB.values())
    return {score: met[name][0] for score, name in FINEWEB.items()}


def c4_quality(text: str) -> dict[str, float]:
    judge = C4QualityFilter(min_words_per_line=-1, max_word_length=-1, **QUIET)
    return {"sentences": note(judge, text, "min_num_sentences")["min_num_sentences"][0]}


def c4_lines(text: str) -> dict[str, str]:
    judge = C4QualityFilter(min_num_sentences=-1, filter_lorem_ipsum=False, filter_curly_bracket=False)
    document = Document(text=text, id="0")
    judge.filter(document)
    return {"text": document.text}


def sentences(line: str, language: str) -> list[str]:
    found = words(line)
    return [s.text for s in SENTENCIZER(Doc(SPACY.vocab, words=found)).sents] if found else []


def main() -> None:
    with (HERE / "texts.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    patches = [(f"datatrove.pipeline.filters.{m}.split_into_words", lambda text, _: words(text)) for m in MODULES]
    patches.append(("datatrove.pipeline.filters.c4_filters.split_into_sentences", sentences))
    for target, ours in patches:
        patch(target, ours).start()
    for measured in (gopher_quality, gopher_repetition, fineweb_quality, c4_quality, c4_lines):
        golden = {row["id"]: measured(row["text"]) for row in texts}
        path = HERE / f"{measured.__name__}.json"
        path.write_text(json.dumps(golden, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
