"""Vectors of texts: of the lexical embedding that needs no model, or of a fastText model (Bojanowski et al. 2017).

Means of word vectors all point much the same way. What they share is taken off them: the mean over the model's own
vocabulary, weighted by frequency (after Mu and Viswanath 2018, All-but-the-top). It comes with the model, so that a
vector still depends on nothing but text and model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.core.errors import ConfigError
from curation_lib.text.buffers import Column
from curation_lib.text.embedding import embeddings
from curation_lib.text.fasttext_files import check_whole
from curation_lib.text.vectors import Vectors, quantised
from curation_lib.text.words import word_hashes

REMEDY = "give the path of a fastText model (.bin), or leave `model` out for the embedding that needs none"
FREQUENT = 50_000
"""The most frequent words, which make up nearly all of a text, are enough for the mean."""


class Model(NamedTuple):
    """A fastText model and the vector of an average text, float64[dimensions]."""

    fasttext: Any
    average: npt.NDArray[np.float64]


def load_model(path: str) -> Model:
    """The model at `path`, ConfigError if it is no whole one. Models do not pickle: each worker loads its own."""
    import fasttext

    try:
        check_whole(Path(path), REMEDY)
        model = fasttext.load_model(path)
        if model.is_quantized():
            raise ValueError(f"{path} is a quantised model, which gives no vectors; {REMEDY}")
    except ValueError as e:
        raise ConfigError(f"model: {e}") from e
    words, counts = model.get_words(include_freq=True, on_unicode_error="replace")
    made = np.array([model.get_sentence_vector(word) for word in words[:FREQUENT]], np.float64)
    return Model(model, np.average(made, axis=0, weights=counts[:FREQUENT]))


def vectors(texts: Column, max_words: int, model: Model | None = None) -> Vectors:
    """int8[texts, dimensions]: `model`'s vectors, or lexical ones without it; all zero for a text without words."""
    if model is None:
        return embeddings(*word_hashes(texts), max_words)
    return quantised(_centred(texts.to_pylist(), max_words, model))


def _centred(texts: Sequence[str], max_words: int, model: Model) -> npt.NDArray[np.float64]:
    """float64[texts, dimensions] from lower-case words between white space; zero where the model knows none of them."""
    out = np.zeros((len(texts), len(model.average)))
    for row, text in enumerate(texts):
        if words := text.lower().split(maxsplit=max_words)[:max_words]:
            made = model.fasttext.get_sentence_vector(" ".join(words))
            out[row] = made - model.average if made.any() else 0
    return out
