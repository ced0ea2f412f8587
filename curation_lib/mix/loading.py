"""What a mix has to have at hand: the tokenizer of its budget, and the items that may not stand in it."""

from __future__ import annotations

from typing import NamedTuple

from curation_lib.mix.phase_settings import NGRAM
from curation_lib.mix.settings import SampleConfig
from curation_lib.text.benchmarks import Index, benchmark_files, build_index
from curation_lib.text.tokenizers.loading import load_tokenizer
from curation_lib.text.tokenizers.settings import tokenizer_files
from curation_lib.text.tokenizers.tokenizer import Tokenizer

MOST_TEXTS = 10
"""An 8-gram of more fields than this tells nothing of any item, as in `filters.decontaminate`."""


class Loaded(NamedTuple):
    """The model of `mix.sample`; `benchmarks` is None where the phase has none, else about 120 bytes per word."""

    tokenizer: Tokenizer
    benchmarks: Index | None = None


def load(config: SampleConfig) -> Loaded:
    """Tokenizer and benchmarks. Raises ConfigError, StoreError for what cannot be read."""
    return Loaded(load_tokenizer(config.tokenizer), _index(config) if config.benchmarks else None)


def _index(config: SampleConfig) -> Index:
    return build_index(config.benchmarks, NGRAM, config.min_tokens, MOST_TEXTS, False)


def model_files(config: SampleConfig) -> dict[str, str]:
    """Their files, by name."""
    return {**tokenizer_files(config), **benchmark_files(config.benchmarks)}
