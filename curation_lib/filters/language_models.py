"""n-gram models by language: the setting that names them, and finding the one for a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from curation_lib.core.artefact import Model, Place, find_model, hashed_files, model_facts, verified_file
from curation_lib.core.config import StageConfig, locate, measure
from curation_lib.core.local_copy import local_copy
from curation_lib.text.ngram_files import KIND, MODEL_FILE, load_ngram_model
from curation_lib.text.ngram_model import NgramModel
from curation_lib.text.tokenisations import Sentences, Tokenisation

OTHERS, UNKNOWN = "*", "unknown"
"""The language of whatever has no model of its own; of a document without a language."""


class LanguageModel(StageConfig):
    """path: a folder made by `winnow perplexity train`, `<store>/models/<name>`, whose current version counts, or a
    model file of anyone's (ARPA, plain or packed; KenLM's binary of type probing). tokenisation, sentences: how texts
    go to it; default is how it was trained, of a file `whitespace` and `lines`."""

    path: Place = locate()
    tokenisation: Tokenisation | None = measure(None)
    sentences: Sentences | None = measure(None)


class Reader(NamedTuple):
    """A loaded model and how texts go to it."""

    model: NgramModel
    tokenisation: Tokenisation
    sentences: Sentences
    facts: dict[str, Any]


def model_files_of(models: Mapping[str, LanguageModel]) -> dict[str, str]:
    """Every file that shapes scores, by language and name."""
    files = {language: hashed_files(find_model(one.path, [KIND]), [MODEL_FILE]) for language, one in models.items()}
    return {f"{language}/{name}": place for language, found in files.items() for name, place in found.items()}


def load_readers(models: Mapping[str, LanguageModel]) -> dict[str, Reader]:
    """The models by language; a file that several languages name is loaded once. Raises ConfigError."""
    loaded: dict[str, NgramModel] = {}
    readers = {}
    for language, one in models.items():
        found = find_model(one.path, [KIND])
        place = verified_file(found, MODEL_FILE)
        if place not in loaded:
            loaded[place] = load_ngram_model(str(local_copy(place)))
        readers[language] = _reader(loaded[place], one, found)
    return readers


def _reader(model: NgramModel, one: LanguageModel, found: Model) -> Reader:
    trained = found.manifest.settings if found.manifest else {}
    tokenisation = one.tokenisation or trained.get("tokenisation", "whitespace")
    sentences = one.sentences or trained.get("sentences", "lines")
    facts = {**model_facts(found), "tokenisation": tokenisation, "sentences": sentences}
    return Reader(model, tokenisation, sentences, facts)


def reader_for(language: str, readers: Mapping[str, Reader]) -> Reader | None:
    """The model of a language: its own, that of `de` for `de-AT`, or that of all others."""
    main = language.replace("_", "-").partition("-")[0]
    return readers.get(language) or readers.get(main) or readers.get(OTHERS)
