"""`filters.bad_words`: words and phrases on a list of the document's language (C4, Raffel et al. 2020, 2.2; mC4, Xue
et al. 2021).

Scores: `bad_words` int64 (phrases met, none within another), `bad_word_ratio` float64 (those / words; 0 without
words), `list` string (which one, null: none applies), `draw` float64 (uniform in [0, 1), from doc_id and `seed`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import field_validator

from curation_lib.core.config import StageConfig, keep, locate, measure
from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters.list_files import check_place, list_name, read_lists
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.given_files import MAX_FILE_BYTES, given_files
from curation_lib.text.hashing import priority
from curation_lib.text.phrases import Phrases, counted, phrases

UNSPACED = ("ja", "th", "zh")
"""Languages in which mC4 looks for phrases anywhere."""
SPARED = {"ja": ("sm", "グロ", "女の子"), "zh": ("性",)}
"""Entries that mC4 leaves out, because they stand in ordinary words."""


class BadWordsConfig(StageConfig):
    """A threshold of null turns its rule off. No lists come with Winnow.

    lists: a folder of files called by language (`en`, `de.txt`), or language -> path; one phrase a line.
    unspaced: languages in which a phrase is met anywhere; in the others it is met between characters that belong to
        no word. spared: entries that do not count, by language.
    default_language: of documents without one. without_list: what to do with a document in a language that has none.
    max_file_bytes, max_entries: a list that holds more, unpacked, stops the build.
    keep_fraction: share of the documents failing here that stay, chosen by doc_id and `seed` (C4's tenth is 0.1).
    """

    lists: str | dict[str, str] = locate()
    max_file_bytes: int = locate(MAX_FILE_BYTES, ge=1)
    max_entries: int = locate(20_000_000, ge=1)
    unspaced: tuple[str, ...] = measure(UNSPACED)
    spared: dict[str, tuple[str, ...]] = measure(SPARED)
    default_language: str | None = measure(None)
    without_list: Literal["stop", "pass"] = measure("stop")
    seed: int = measure(0, ge=0, lt=2**64)
    max_bad_words: int | None = keep(0, ge=0)
    max_bad_word_ratio: float | None = keep(None, ge=0, le=1)
    keep_fraction: float = keep(0.0, ge=0, lt=1)

    @field_validator("lists")
    @classmethod
    def _are_there(cls, value: str | dict[str, str]) -> str | dict[str, str]:
        for path in [value] if isinstance(value, str) else value.values():
            check_place(path)
        return value


def model_files(config: BadWordsConfig) -> dict[str, str]:
    """Each language's file. Raises ConfigError where there is none, or two."""
    if isinstance(config.lists, str):
        found = [(list_name(name), place) for name, place in given_files("lists", config.lists).items()]
    else:
        named = sorted(config.lists.items())
        found = [(name, p) for name, path in named for p in given_files(f"lists.{name}", path).values()]
    files = dict(found)
    for name in files:
        if len(places := [place for other, place in found if other == name]) > 1:
            raise ConfigError(f"lists: {places[0]} and {places[1]} are both the list of {name!r}; keep one of them")
    return files


def load(config: BadWordsConfig) -> dict[str, Phrases]:
    """Each language's phrases. Raises ConfigError for a list that cannot be read or has no entry."""
    made = {}
    for language, place in model_files(config).items():
        spared = {one.casefold() for one in config.spared.get(language, ())}
        lists = read_lists({language: place}, config.max_file_bytes, config.max_entries)
        entries = [entry for _, found in lists for entry in found if entry.casefold() not in spared]
        if not entries:
            raise ConfigError(f"lists: {place} has no entry; give one phrase a line, or leave {language!r} out")
        made[language] = phrases(entries)
    return made


def measure_bad_words(batch: pa.RecordBatch, config: BadWordsConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module). Raises ContractError for a language without a list."""
    languages = pc.fill_null(batch.column("language"), config.default_language or "undetermined").to_pylist()
    _check_lists(languages, batch, config, context.model)
    data, offsets = arrow_buffers(batch.column("text"))
    found, words = (np.zeros(batch.num_rows, np.int64) for _ in range(2))
    for language, rows in _rows(languages).items():
        if language in context.model:
            counted(data, offsets, rows, context.model[language], language not in config.unspaced, found, words)
    ratio = np.divide(found, words, out=np.zeros(len(found)), where=words > 0)
    applied = pa.array([one if one in context.model else None for one in languages], pa.string())
    draw = (priority(batch.column("doc_id"), config.seed) >> np.uint64(11)) / np.float64(1 << 53)
    return pa.RecordBatch.from_pydict(
        {"bad_words": found, "bad_word_ratio": ratio, "list": applied, "draw": pa.array(draw, pa.float64())}
    )


def keep_bad_words(scores: pa.RecordBatch, config: BadWordsConfig, context: Context) -> list[Rule]:
    """The thresholds; of the documents that fail one, `keep_fraction` stay."""
    judged = pc.greater_equal(scores.column("draw"), config.keep_fraction)
    rules = keep_by_thresholds(scores, config, context)
    return [Rule(r.name, pc.and_(r.failed, judged), r.score, r.threshold) for r in rules]


def _check_lists(
    languages: list[str], batch: pa.RecordBatch, config: BadWordsConfig, lists: Mapping[str, Phrases]
) -> None:
    missing = [row for row, language in enumerate(languages) if language not in lists]
    if missing and config.without_list == "stop":
        language, document = languages[missing[0]], batch.column("source_id")[missing[0]]
        raise ContractError(
            f"no list of bad words for language {language!r} (document {document}); give `lists` one, drop the "
            "language before with filters.language, or set `without_list: pass`"
        )


def _rows(languages: list[str]) -> dict[str, np.ndarray]:
    rows: dict[str, list[int]] = {}
    for row, language in enumerate(languages):
        rows.setdefault(language, []).append(row)
    return {language: np.array(found, np.int64) for language, found in rows.items()}


STAGE = Filter(
    name="filters.bad_words",
    version=2,
    config=BadWordsConfig,
    summary="phrases on a list of bad words of the document's language (C4, mC4)",
    load=load,
    model_files=model_files,
    measure=measure_bad_words,
    keep=keep_bad_words,
)
