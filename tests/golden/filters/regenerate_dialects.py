"""Writes the golden scores of the dialects with the peers' own functions. Run by hand, from the root:

    uv venv dolma && uv pip install --python dolma/bin/python dolma==1.2.1 uniseg==0.10.1 zstandard
    dolma/bin/python -m tests.golden.filters.regenerate_dialects dolma DATA
    dolma/bin/python -m tests.golden.filters.regenerate_dialects dclm DATA
    uv venv curator && uv pip install --python curator/bin/python --no-deps nemo-curator==1.4.0
    uv pip install --python curator/bin/python numpy regex loguru zstandard
    curator/bin/python -m tests.golden.filters.regenerate_dialects curator DATA

DATA is the folder of real data. DCLM cannot be installed: its rules are those of tests/text/dialect_reference.py, its
words those of uniseg and of fastText. Of NeMo Curator only the modules with filters are loaded, for the package wants
Ray. Its sets are replaced by ones that keep the order of insertion: the commonest n-gram among equals is else whichever
the process's hash seed brings first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.golden.filters.dialect_scores import key, write
from tests.golden.filters.documents import golden_documents
from tests.text import dialect_reference as reference

Scores = dict[str, float]
Judge = Callable[[str], tuple[Scores, list[bool]]]
LIMITS = {2: 0.2, 3: 0.18, 4: 0.16, 5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1}


def dolma() -> Judge:
    """The taggers gopher_v2 and c4_v2, their spans judged as Dolma's mixer is told to (with the n-grams' names as
    the tagger writes them)."""
    from dolma.core.data_types import Document
    from dolma.taggers.c4 import FasterC4Tagger
    from dolma.taggers.gopher import GopherTaggerV2

    names = {
        "words": "word_count", "median_word_length": "median_word_length", "symbol_ratio": "symbol_to_word_ratio",
        "bullet_line_ratio": "fraction_of_lines_starting_with_bullet_point",
        "ellipsis_line_ratio": "fraction_of_lines_ending_with_ellipsis",
        "alphabetic_word_ratio": "fraction_of_words_with_alpha_character", "stop_words": "required_word_count",
        "dup_line_frac": "fraction_of_duplicate_lines",
        "dup_line_char_frac": "fraction_of_characters_in_duplicate_lines",
    }  # fmt: skip

    def judge(text: str) -> tuple[Scores, list[bool]]:
        document = Document(source="", version="", id="0", text=text)
        found = {s.type: s.score for s in GopherTaggerV2().predict(document).spans}
        has = {s.type for s in FasterC4Tagger().predict(document).spans}
        s = {ours: found[theirs] for ours, theirs in names.items()}
        for n in LIMITS:
            theirs = "in_most_common" if n < 5 else "in_duplicate"
            s[_gram(n)] = found.get(f"fraction_of_characters_{theirs}_{n}grams", 0.0)
        failed = [
            s["words"] < 50, s["words"] > 100_000, s["median_word_length"] < 3, s["median_word_length"] > 10,
            s["symbol_ratio"] > 0.1, s["bullet_line_ratio"] > 0.9, s["ellipsis_line_ratio"] > 0.3,
            s["alphabetic_word_ratio"] < 0.8, s["stop_words"] < 2,
            s["dup_line_frac"] > 0.3, s["dup_line_char_frac"] > 0.3, *(s[_gram(n)] > LIMITS[n] for n in LIMITS),
            "has_lorem_ipsum" in has, "has_curly_brace" in has, "has_javascript" in has,
        ]  # fmt: skip
        return s, failed

    return judge


def dclm() -> Judge:
    from fasttext.FastText import tokenize
    from uniseg.wordbreak import words

    def judge(text: str) -> tuple[Scores, list[bool]]:
        found = reference.dclm(text, lambda t: list(words(t)))
        q, r, c4 = (found[name] for name in ("gopher_quality", "gopher_repetition", "c4_quality"))
        assert q["words"] == sum(t[0].isalnum() for t in tokenize(text))
        failed = [
            q["words"] < 50, q["words"] > 100_000, q["mean_word_length"] < 3, q["mean_word_length"] > 10,
            q["symbol_ratio"] > 0.1, q["bullet_line_ratio"] > 0.9, q["ellipsis_line_ratio"] > 0.3,
            q["alphabetic_word_ratio"] < 0.8, q["stop_words"] < 2, r["lines"] < 1,
            r["dup_para_frac"] > 0.3, r["dup_para_char_frac"] > 0.2, r["dup_line_frac"] > 0.3,
            r["dup_line_char_frac"] > 0.2, *(r[_gram(n)] > LIMITS[n] for n in LIMITS),
            c4["lorem_ipsum"] > 0, c4["curly_brackets"] > 0,
        ]  # fmt: skip
        return {**q, **r}, failed

    return judge


def curator() -> Judge:
    for name in ("nemo_curator", "nemo_curator.stages", "nemo_curator.stages.text", "nemo_curator.stages.text.filters"):
        spec = find_spec(name) if "." not in name else None
        package = ModuleType(name)
        above, _, last = name.rpartition(".")
        package.__path__ = (
            list(spec.submodule_search_locations or ()) if spec else [f"{sys.modules[above].__path__[0]}/{last}"]
        )
        sys.modules[name] = package
    place = "nemo_curator.stages.text.filters.heuristic"
    heuristic = ModuleType(place)
    heuristic.__path__ = [f"{sys.modules['nemo_curator.stages.text.filters'].__path__[0]}/heuristic"]
    sys.modules[place] = heuristic
    string: Any = import_module(f"{place}.string")
    rep: Any = import_module(f"{place}.repetition.repetition")
    rep.set = dict.fromkeys
    quality = {
        "words": string.WordCountFilter(), "mean_word_length": string.MeanWordLengthFilter(),
        "symbol_ratio": string.SymbolsToWordsFilter(), "bullet_line_ratio": string.BulletsFilter(),
        "ellipsis_line_ratio": string.EllipsisFilter(), "alphabetic_word_ratio": string.WordsWithoutAlphabetsFilter(),
        "stop_words": string.CommonEnglishWordsFilter(stop_at_false=False),
        "non_alphanumeric_ratio": string.NonAlphaNumericFilter(),
    }  # fmt: skip
    shares = {
        "dup_para_frac": rep.RepeatedParagraphsFilter(),
        "dup_para_char_frac": rep.RepeatedParagraphsByCharFilter(),
        "dup_line_frac": rep.RepeatedLinesFilter(),
        "dup_line_char_frac": rep.RepeatedLinesByCharFilter(),
    }
    grams = {
        _gram(n): (rep.RepeatingTopNGramsFilter if n < 5 else rep.RepeatingDuplicateNGramsFilter)(n, limit)
        for n, limit in LIMITS.items()
    }
    c4 = {
        "unterminated_line_ratio": string.PunctuationFilter(),
        "boilerplate_para_ratio": string.BoilerPlateStringFilter(),
        "word_length": string.LongWordFilter(),
    }
    filters = {**quality, **shares, **grams, **c4}

    def judge(text: str) -> tuple[Scores, list[bool]]:
        theirs = {name: one.score_document(text) for name, one in filters.items()}
        goes = {name: not one.keep_document(theirs[name]) for name, one in filters.items()}
        scores = {name: 1 - value if name in shares else value for name, value in theirs.items()}
        words, length = theirs["words"], theirs["mean_word_length"]
        failed = [words < 50, words > 100_000, length < 3, length > 10, *(goes[name] for name in list(goes)[2:])]
        return scores, failed

    return judge


def _gram(n: int) -> str:
    return f"{'top' if n < 5 else 'dup'}_{n}_gram_frac"


def main(dialect: str, data: Path) -> None:
    judge = {"dolma": dolma, "dclm": dclm, "curator": curator}[dialect]()
    ids, columns, masks = [], {}, []
    for identity, _, text in golden_documents(data):
        scores, failed = judge(text)
        ids.append(key(identity, text))
        masks.append(sum(1 << i for i, goes in enumerate(failed) if goes))
        for name, score in scores.items():
            columns.setdefault(name, []).append(score)
    write(Path(__file__).parent / f"dialect_{dialect}.npz", ids, columns, masks)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
