"""Any encoding of OpenAI's library `tiktoken`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.text.tokenizers.by_library import ByLibrary
from curation_lib.text.tokenizers.classes import DOUBT, LONG_S, Classes, class_table
from curation_lib.text.tokenizers.known_splits import split_by_pattern
from curation_lib.text.tokenizers.pieces import Pieces
from curation_lib.text.tokenizers.settings import TIKTOKEN
from curation_lib.text.tokenizers.tokenizer import Ids, chosen_eos

ENDS = ("<|endoftext|>",)
_BYTES = {bytes([byte]): byte for byte in range(256)}


class Tiktoken(ByLibrary):
    """`library`: a `tiktoken.Encoding`."""

    def __init__(self, library: Any, eos: str | None) -> None:
        self.library = library
        self._eos = eos
        split = split_by_pattern(library._pat_str)
        self.pieces = Pieces(split, tiktoken_classes(), library._encode_single_piece, self._of) if split else None

    def by_library(self, texts: Sequence[str]) -> list[Ids]:
        return [self._of(one) for one in texts]

    def marked_by_library(self, texts: Sequence[str]) -> list[Ids]:
        return [self._of(one, self.library.special_tokens_set) for one in texts]

    def _of(self, text: str, special: Collection[str] = ()) -> Ids:
        try:
            ids: Ids = self.library.encode_to_numpy(text, allowed_special=set(special), disallowed_special=())
        except ValueError as e:  # its regex gives up on a million blanks
            raise ContractError(
                f"tokenizer: {self.library.name} gave up on a text of {len(text):,} characters that begins "
                f"{text[:40]!r} ({e}); drop such documents before, as filters.gopher_repetition does"
            ) from e
        return ids

    @property
    def vocab_size(self) -> int:
        return int(self.library.n_vocab)

    @property
    def special_tokens(self) -> dict[str, int]:
        return {one: self.library.encode_single_token(one) for one in self.library.special_tokens_set}

    @property
    def eos(self) -> int:
        return chosen_eos(self.special_tokens, self._eos, ENDS, TIKTOKEN + self.library.name)


@cache
def tiktoken_classes() -> Classes:
    """What code points are to tiktoken's engine."""
    import tiktoken

    def matches(pattern: str, text: str) -> str:
        encoding = tiktoken.Encoding("bytes", pat_str=pattern, mergeable_ranks=_BYTES, special_tokens={})
        return encoding.encode_to_numpy(text, disallowed_special=()).astype("u1").tobytes().decode()

    table = class_table(matches)
    table[LONG_S] = DOUBT
    return table


def tiktoken_library(encoding: str) -> Any:
    """The `tiktoken.Encoding`; its vocabulary comes from tiktoken's cache, else from the web. Raises ConfigError where
    neither has it."""
    import tiktoken
    from requests import RequestException

    try:
        return tiktoken.get_encoding(encoding)
    except (RequestException, OSError) as e:
        reason = " ".join(f"{type(e).__name__}: {e}".split())
        raise ConfigError(
            f"tokenizer: the vocabulary of {TIKTOKEN}{encoding} cannot be fetched ({reason}); set TIKTOKEN_CACHE_DIR "
            "to a folder that has it, or name a tokenizer.json"
        ) from e
