from __future__ import annotations

import unicodedata

import numpy as np
import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from curation_lib.text.tokenizers.classes import DOUBT, OTHER, PATTERNS, composing
from curation_lib.text.tokenizers.hugging_face import hugging_face_classes
from curation_lib.text.tokenizers.tiktoken_encodings import tiktoken_classes

EVERY = "".join(chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000)
ENGINES = {"tiktoken": tiktoken_classes, "tokenizers": lambda: hugging_face_classes(nfc=False)}


def by_tiktoken(pattern):
    """The characters that match, by the bytes of which they are tokens."""
    bytes_ = {bytes([byte]): byte for byte in range(256)}
    encoding = tiktoken.Encoding("bytes", pat_str=pattern, mergeable_ranks=bytes_, special_tokens={})
    return set(bytes(encoding.encode_ordinary(EVERY)).decode())


def by_tokenizers(pattern):
    """Those that are gone where matches are removed."""
    left = pre_tokenizers.Split(Regex(f"{pattern}+"), "removed").pre_tokenize_str(EVERY)
    return set(EVERY) - set("".join(run for run, _ in left))


@pytest.fixture(scope="module")
def composes():
    return composing()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_code_point_is_of_the_class_that_its_engine_says(engine):
    table = ENGINES[engine]()
    left = set(EVERY)
    for kind, pattern in PATTERNS.items():
        members = by_tiktoken(pattern) if engine == "tiktoken" else by_tokenizers(pattern)
        left -= members
        assert {chr(c) for c in np.flatnonzero(table == kind)} == members - {"ſ"}
    assert {chr(c) for c in np.flatnonzero(table == OTHER) if not 0xD800 <= c < 0xE000} == left
    assert np.flatnonzero(table == DOUBT).tolist() == [ord("ſ")]


@given(st.text())
def test_a_text_of_characters_that_do_not_compose_is_its_own_nfc(composes, text):
    safe = "".join(c for c in text if not composes[ord(c)])
    assert unicodedata.normalize("NFC", safe) == safe


def test_what_composes(composes):
    assert all(composes[ord(c)] for c in "\u0301\u0344\u2126\u1161\u11a8\u09be\uf900\u0378")
    assert not any(composes[ord(c)] for c in "aäéЖ語한ا9 \n😀")
