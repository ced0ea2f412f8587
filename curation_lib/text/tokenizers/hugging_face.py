"""Any tokenizer.json, by Hugging Face's library `tokenizers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from curation_lib.core.errors import ConfigError
from curation_lib.text.buffers import Column
from curation_lib.text.tokenizers.encoded import counted, encoded
from curation_lib.text.tokenizers.settings import FILE
from curation_lib.text.tokenizers.tokenizer import Counts, Encoded, Ids, Tokenizer, chosen_eos

ENDS = ("<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>", "<｜end▁of▁sentence｜>")
"""How pretrained models spell the end of a document: Llama 3, GPT-2 and Qwen, Llama 2, Gemma, DeepSeek."""


class HuggingFace(Tokenizer):
    """`library`: a `tokenizers.Tokenizer` of its own, from `hugging_face_library`.

    Added tokens that are not special (as Qwen's <tool_call>) are part of how the tokenizer reads text: they are found
    in it, as the library does.
    """

    def __init__(self, library: Any, eos: str | None) -> None:
        self.library = library
        self._eos = eos

    def count(self, text: Column) -> Counts:
        return counted(text, self._ids)

    def encode(self, text: Column) -> Encoded:
        return encoded(text, self._ids)

    def _ids(self, texts: Sequence[str]) -> list[Ids]:
        found = self.library.encode_batch_fast(texts, add_special_tokens=False)
        return [np.array(one.ids, np.uint32) for one in found]

    @property
    def vocab_size(self) -> int:
        return 1 + max(self.library.get_vocab(with_added_tokens=True).values(), default=-1)

    @property
    def special_tokens(self) -> dict[str, int]:
        added = self.library.get_added_tokens_decoder()
        return {token.content: number for number, token in added.items() if token.special}

    @property
    def eos(self) -> int:
        known = self.special_tokens
        if self._eos is not None and (number := self.library.token_to_id(self._eos)) is not None:
            known[self._eos] = number
        return chosen_eos(known, self._eos, ENDS, FILE)


def hugging_face_library(data: bytes, place: str) -> Any:
    """The `tokenizers.Tokenizer` of a tokenizer.json, set so that text is text: no special tokens found in it, nothing
    cut off or filled up. Raises ConfigError for what is none, or answers at random."""
    from tokenizers import Tokenizer as Library

    try:
        described = orjson.loads(data)
        library = Library.from_buffer(data)
    except ValueError as e:
        raise ConfigError(f"tokenizer: {place} is no {FILE} of Hugging Face's tokenizers ({e}); give another") from e
    if described["model"].get("dropout"):
        raise ConfigError(
            f"tokenizer: {place} drops merges at random (model.dropout): no two builds would be alike; set it to null"
        )
    library.no_truncation()
    library.no_padding()
    library.encode_special_tokens = True
    return library
