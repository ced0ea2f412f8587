"""Any tokenizer.json, by Hugging Face's library `tokenizers`."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow.compute as pc

from curation_lib.core.errors import ConfigError
from curation_lib.text.buffers import Column
from curation_lib.text.tokenizers.by_library import ByLibrary
from curation_lib.text.tokenizers.classes import DOUBT, LONG_S, NUMBER, Classes, class_table, composing, every_character
from curation_lib.text.tokenizers.known_splits import byte_letters, split_by_file
from curation_lib.text.tokenizers.pieces import Pieces
from curation_lib.text.tokenizers.settings import FILE
from curation_lib.text.tokenizers.splits import GPT2, Split
from curation_lib.text.tokenizers.tokenizer import Ids, chosen_eos

ENDS = ("<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>", "<｜end▁of▁sentence｜>")
"""How pretrained models spell the end of a document: Llama 3, GPT-2 and Qwen, Llama 2, Gemma, DeepSeek."""
_LETTERS = dict(enumerate(byte_letters()))


class HuggingFace(ByLibrary):
    """data: of the tokenizer.json at `place`. Raises ConfigError for what is none, or answers at random.

    Added tokens that are not special (as Qwen's <tool_call>) are part of how the tokenizer reads text: they are found
    in it, as the library does.
    """

    def __init__(self, data: bytes, place: str, eos: str | None) -> None:
        self.library, described = _read(data, place)
        self._eos, self._lock = eos, Lock()  # what is a special token is a switch of the library's
        added = [token.content for token in self.library.get_added_tokens_decoder().values() if not token.special]
        self._added = sorted({*added, *(unicodedata.normalize("NFC", one) for one in added)})
        split = split_by_file(described)
        self.pieces = None
        if split:
            classes = hugging_face_classes(bool(described.get("normalizer")), split == Split(GPT2, 1))
            self.pieces = Pieces(split, classes, self._of_piece, self._of_text)

    def whole(self, text: Column) -> npt.NDArray[np.bool_] | None:
        """Texts that spell an added token."""
        found = np.zeros(len(text), np.bool_)
        for token in self._added:
            found |= pc.match_substring(text, token).to_numpy(zero_copy_only=False)
        return found

    def _of_piece(self, piece: bytes) -> list[int]:
        return [token.id for token in self.library.model.tokenize(piece.decode("latin-1").translate(_LETTERS))]

    def _of_text(self, text: str) -> Ids:
        return self.by_library([text])[0]

    def by_library(self, texts: Sequence[str]) -> list[Ids]:
        with self._lock:
            return self._ids(texts)

    def marked_by_library(self, texts: Sequence[str]) -> list[Ids]:
        with self._lock:
            self.library.encode_special_tokens = False
            try:
                return self._ids(texts)
            finally:
                self.library.encode_special_tokens = True

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


@cache
def hugging_face_classes(nfc: bool, digits: bool = False) -> Classes:
    """What code points are to the engine of `tokenizers`; nfc: in texts that are normalized first; digits: where
    numbers are set apart first, by another table than the engine's."""
    from tokenizers import Regex, pre_tokenizers

    def matches(pattern: str, text: str) -> str:
        alone = pre_tokenizers.Split(Regex(f"{pattern}+"), "removed", invert=True)
        return "".join(run for run, _ in alone.pre_tokenize_str(text))

    table = class_table(matches)
    table[LONG_S] = DOUBT
    if nfc:
        table[composing()] = DOUBT
    if digits:
        apart = pre_tokenizers.Digits(individual_digits=True)
        numbers = np.zeros(0x110000, np.bool_)
        spread = "xx".join(every_character())  # so that nothing else stands alone
        numbers[[ord(one) for one, _ in apart.pre_tokenize_str(spread) if len(one) == 1]] = True
        table[numbers != (table == NUMBER)] = DOUBT
    return table


def _read(data: bytes, place: str) -> tuple[Any, dict[str, Any]]:
    """The `tokenizers.Tokenizer` of a tokenizer.json, set so that text is text (no special tokens found in it, nothing
    cut off or filled up), and the file, parsed."""
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
    return library, described
