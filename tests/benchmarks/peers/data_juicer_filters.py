"""The operators of Data-Juicer nearest to Gopher, C4 and FineWeb, read to write: SCRIPT CORPUS OUT.

Runs in Data-Juicer's environment. Word lists are written here: it would fetch its own.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from data_juicer import run

STOP_WORDS = ["the", "be", "to", "of", "and", "that", "have", "with"]
FLAGGED = ["lorem", "ipsum"]


def operators(words: str) -> list[dict[str, Any]]:
    return [
        {"words_num_filter": {"min_num": 50, "max_num": 100_000}},
        {"alphanumeric_filter": {"min_ratio": 0.6}},
        {"average_line_length_filter": {"min_len": 10}},
        {"maximum_line_length_filter": {"min_len": 30}},
        {"special_characters_filter": {"max_ratio": 0.3}},
        {"character_repetition_filter": {"rep_len": 10, "max_ratio": 0.2}},
        {"word_repetition_filter": {"rep_len": 5, "max_ratio": 0.15}},
        {"word_repetition_filter": {"rep_len": 10, "max_ratio": 0.1}},
        {"stopwords_filter": {"min_ratio": 0.02, "stopwords_dir": words}},
        {"flagged_words_filter": {"max_ratio": 0.01, "flagged_words_dir": words}},
    ]


def main(corpus: str, out: str) -> None:
    words = Path(out, "words")
    words.mkdir(parents=True)
    words.joinpath("stopwords.json").write_text(json.dumps({"en": STOP_WORDS}))
    words.joinpath("flagged_words.json").write_text(json.dumps({"en": FLAGGED}))
    run(corpus, out, operators(str(words)), op_fusion=True)


if __name__ == "__main__":
    main(*map(os.path.abspath, sys.argv[1:]))
