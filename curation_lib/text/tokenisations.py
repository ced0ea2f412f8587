"""What texts become before an n-gram model reads them: a name that is recorded with each model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from curation_lib.text.buffers import Bytes, Column, Offsets, arrow_buffers
from curation_lib.text.folded_text import folded_text
from curation_lib.text.ngram_model import NgramModel
from curation_lib.text.ngram_scores import Scores, score_bytes

Tokenisation = Literal["folded", "whitespace"]
Sentences = Literal["lines", "texts"]

TOKENISE: Mapping[str, Callable[[Column], tuple[Bytes, Offsets]]] = {
    "folded": folded_text,
    "whitespace": arrow_buffers,
}
"""`folded`: see `text.folded_text`. `whitespace`: the text as it is; tokens stand between ASCII white space."""


def score_tokenised(
    column: Column, model: NgramModel, tokenisation: Tokenisation, sentences: Sentences = "lines"
) -> Scores:
    """Scores of texts by a model that was trained with this tokenisation.

    sentences: each line is one, or each text as a whole (then its lines run on).
    """
    return score_bytes(*TOKENISE[tokenisation](column), model, sentences == "lines")
