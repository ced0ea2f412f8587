"""Any encoding of OpenAI's library `tiktoken`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.text.buffers import Column
from curation_lib.text.tokenizers.encoded import counted, encoded
from curation_lib.text.tokenizers.settings import TIKTOKEN
from curation_lib.text.tokenizers.tokenizer import Counts, Encoded, Ids, Tokenizer, chosen_eos

ENDS = ("<|endoftext|>",)


class Tiktoken(Tokenizer):
    """`library`: a `tiktoken.Encoding`."""

    def __init__(self, library: Any, eos: str | None) -> None:
        self.library = library
        self._eos = eos

    def count(self, text: Column) -> Counts:
        return counted(text, self._ids)

    def encode(self, text: Column) -> Encoded:
        return encoded(text, self._ids)

    def _ids(self, texts: Sequence[str]) -> list[Ids]:
        return [self._of(one) for one in texts]

    def _of(self, text: str) -> Ids:
        try:
            ids: Ids = self.library.encode_to_numpy(text, disallowed_special=())
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
