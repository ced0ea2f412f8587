"""Writes `datatrove.parquet`: what datatrove's own filters say, with their own words, of `pieces.py`'s documents.

Run by hand, from the root, in regenerate.py's environment, with `fasttext-community` beside it for the languages:

    oracle/bin/python -m tests.golden.filters.regenerate_words DATA LID_176_FTZ

The file holds ids, languages, scores (float32) and verdicts, no text.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from multiprocessing import Pool
from pathlib import Path
from typing import Any
from unittest.mock import patch

import fasttext
import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.text import split_into_words

from tests.golden.filters.pieces import pieces
from tests.golden.filters.regenerate import MODULES, QUIET, fineweb_quality, gopher_quality, gopher_repetition, note

LANGUAGES = {"en": 11_000, "de": 2_000, "fr": 2_000, "es": 2_000, "it": 2_000, "pt": 2_000, "ru": 2_000, "pl": 2_000}
LANGUAGES |= {"nl": 1_000, "cs": 1_000, "zh": 500, "ja": 500}
"""Most documents of each."""
SURE = 0.65


def documents(data: Path, model: Any) -> Iterator[tuple[str, str, str]]:
    """`(id, language, text)` of the documents whose language the identifier is sure of."""
    taken: Counter[str] = Counter()
    for name, text in pieces(data):
        labels, scores = model.predict(text.replace("\n", " "))
        language = labels[0].removeprefix("__label__")
        if scores[0] >= SURE and taken[language] < LANGUAGES.get(language, 0):
            taken[language] += 1
            yield name, language, text


def judged(document: tuple[str, str, str]) -> dict[str, Any]:
    """Scores that depend on words, and whether each filter keeps the document."""
    name, language, text = document
    scores = gopher_quality(text, language) if text.split() else {}
    scores |= gopher_repetition(text, language) | fineweb_quality(text, language)
    given: dict[str, Any] = {"language": language}
    kept = {
        "gopher_quality": GopherQualityFilter(**given),
        "gopher_repetition": GopherRepetitionFilter(**given),
        "fineweb_quality": FineWebQualityFilter(**given),
    }
    verdicts = {f"{key}_keeps": judge.filter(Document(text=text, id=name)) is True for key, judge in kept.items()}
    c4 = C4QualityFilter(min_words_per_line=1, max_word_length=-1, language=language, **QUIET)
    sentences = note(c4, text, "min_num_sentences")["min_num_sentences"][0]
    verdicts["c4_quality_keeps"] = sentences >= 5
    return {"id": name, "language": language, **scores, "sentences": sentences, **verdicts}


def main() -> None:
    data, model = Path(sys.argv[1]), fasttext.load_model(sys.argv[2])
    found = sorted(documents(data, model), key=lambda d: d[1])
    words = lru_cache(8)(split_into_words)
    for module in MODULES:
        patch(f"datatrove.pipeline.filters.{module}.split_into_words", words).start()
    with Pool() as pool:
        rows = pool.map(judged, found, 64)
    table = pa.Table.from_pylist([row for row in rows if "words" in row])
    floats = [pa.field(f.name, pa.float32() if pa.types.is_floating(f.type) else f.type) for f in table.schema]
    pq.write_table(table.cast(pa.schema(floats)), Path(__file__).parent / "datatrove.parquet", compression="zstd")
    print(Counter(table.column("language").to_pylist()), table.num_rows)


if __name__ == "__main__":
    main()
