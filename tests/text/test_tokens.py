from __future__ import annotations

import pyarrow as pa
import pytest

from curation_lib.text.tokens import count_tokens


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_bytes4_is_a_quarter_of_the_utf8_bytes_rounded_up(kind):
    texts = pa.array(["skip", "", "a", "abcd", "abcde", "ééé", "日本語"], kind).slice(1)
    assert count_tokens(texts, "bytes4").tolist() == [0, 1, 1, 2, 2, 3]
    assert count_tokens(texts.slice(0, 0), "bytes4").tolist() == []
