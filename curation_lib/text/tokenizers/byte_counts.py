"""`bytes4`: token counts that need no tokenizer."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from curation_lib.core.errors import ConfigError
from curation_lib.text.buffers import Column
from curation_lib.text.tokenizers.settings import BYTES4
from curation_lib.text.tokenizers.tokenizer import Counts, Encoded, Tokenizer

_NO_IDS = f"tokenizer: {BYTES4} only counts; name a tokenizer.json or tiktoken/<encoding> where ids are asked for"


class ByteCounts(Tokenizer):
    """ceil(UTF-8 bytes / 4): exact integers, but estimates of what a model's tokenizer would say."""

    def count(self, text: Column) -> Counts:
        size: Counts = pc.binary_length(text).to_numpy(zero_copy_only=False).astype(np.int64)
        return (size + 3) // 4

    def encode(self, text: Column) -> Encoded:
        raise ConfigError(_NO_IDS)

    def encode_marked(self, text: Column) -> Encoded:
        raise ConfigError(_NO_IDS)

    def count_marked(self, text: Column) -> Counts:
        return self.count(text)

    @property
    def vocab_size(self) -> int:
        raise ConfigError(_NO_IDS)

    @property
    def special_tokens(self) -> dict[str, int]:
        return {}

    @property
    def eos(self) -> int:
        raise ConfigError(_NO_IDS)
