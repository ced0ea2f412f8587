from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ContractError
from curation_lib.text.blocks import text_hash
from curation_lib.text.exact_statistics import exact_statistics
from curation_lib.text.spacy_languages import TOKENIZERS, tokenizer_code
from curation_lib.text.spacy_words import chunk_words
from curation_lib.text.statistics import words_of
from tests.text import reference
from tests.text.word_reference import words

LANGUAGES = (None, "en", "de", "nl", "fr", "es", "it", "pt", "pl", "ru", "cs", "zh")
CHUNKS = st.text(st.sampled_from("aBéЖ語\u0301\u0939\u0940109.,:;!?'’\"()[]<>-–—~_*#%+=/@|…$°😀 \n\u00a0"), max_size=14)
WORDS = st.sampled_from(
    "don't can't. it's l'eau qu'il d'art. a.m. U.S. e.g., etc.) z.B. 5km 10% 8) (8) :-) foo:) x): https://a.io/b-c?d=1 "
    "a@b.org www.x.com/ and/or C++ self.foo() std::io a--b 1-2 3.14. rock'n'roll sous-titre est-ce guarda-chuva "
    "`id` (see (e.g. end.Start foo=bar 平成23年 है. EE.UU. т.д. AT&T $5 5$ +1 +a \"x\" «y» ... .. a... ''".split()
)
TEXTS = st.lists(st.one_of(CHUNKS, WORDS)).map(" ".join)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_those_of_the_rules(language: str | None) -> None:
    @settings(max_examples=120)
    @given(TEXTS)
    @example("(etc. etc., [Mr. cannot. Cannot) `gonna` 1am 12p.m., 2d.")
    def check(text: str) -> None:
        same(text, language)

    check()


def same(text: str, language: str | None) -> None:
    found, (hashes, ends) = words(text, language), words_of(text, language)
    assert ends.tolist() == list(accumulate(map(len, found), initial=0)), found
    assert hashes.tolist() == [int(text_hash(np.frombuffer(w.encode(), np.uint8), 0, len(w.encode()))) for w in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_real_text_are_those_of_the_rules(data: Path, language: str | None) -> None:
    for text in reference.real_texts(data, 25, 4_000):
        same(text, language)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ru", "tr"])
def test_exact_words_are_spacys(language: str) -> None:
    pipeline = chunk_words(tokenizer_code(language)).pipeline
    sentencizer = pipeline.create_pipe("sentencizer")
    sentencizer.initialize(list, nlp=pipeline)

    @settings(max_examples=120)
    @given(TEXTS)
    @example(": ) :( ) (: -) a . 8 ) EE. UU. EE.  UU. канд. биол. наук в т.ч. ' '")
    def check(text: str) -> None:
        batch = pa.record_batch({"text": pa.array([text], pa.large_string()), "language": [language]})
        row = exact_statistics(batch).rows[0]
        tokens = [t for token in pipeline.tokenizer(text) if (t := token.text.strip())]
        assert row["words"] == len(tokens)
        plain = [t for t in tokens if set(t) - reference.SYMBOL_SET]
        assert row["symbol_free_words"] == len(plain)
        assert row["symbol_free_characters"] == sum(map(len, plain))
        lines = [sentencizer(pipeline.tokenizer(line.strip())) for line in text.splitlines()]
        assert row["sentences"] == sum(len(list(line.sents)) for line in lines if len(line))

    check()


def test_every_tokenizer_that_is_named_exists() -> None:
    from spacy.util import get_lang_class

    for code in set(TOKENIZERS.values()):
        assert get_lang_class(code).default_config["nlp"]["tokenizer"]["@tokenizers"] == "spacy.Tokenizer.v1", code
    assert tokenizer_code(None) == "en"
    with pytest.raises(ContractError, match="'th'"):
        tokenizer_code("th")
