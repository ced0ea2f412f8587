"""What a mix has to have at hand: tokenizer and chat template of its budget, and the items that may not stand in it."""

from __future__ import annotations

from typing import NamedTuple

from curation_lib.mix.phase_settings import NGRAM
from curation_lib.mix.settings import SampleConfig
from curation_lib.text import rendered_files
from curation_lib.text.benchmarks import Index, benchmark_files, build_index
from curation_lib.text.chat_template import ChatTemplate, load_template
from curation_lib.text.tokenizers.loading import load_tokenizer
from curation_lib.text.tokenizers.tokenizer import Tokenizer

MOST_TEXTS = 10
"""An 8-gram of more fields than this tells nothing of any item, as in `filters.decontaminate`."""


class Loaded(NamedTuple):
    """The model of `mix.sample`; `benchmarks` is about 120 bytes per word. None where the phase has none."""

    tokenizer: Tokenizer
    benchmarks: Index | None = None
    template: ChatTemplate | None = None


def load(config: SampleConfig) -> Loaded:
    """Tokenizer, benchmarks and template. Raises ConfigError, StoreError for what cannot be read."""
    template = None if config.chat_template is None else load_template(config.chat_template)
    return Loaded(load_tokenizer(config.tokenizer), _index(config) if config.benchmarks else None, template)


def _index(config: SampleConfig) -> Index:
    return build_index(config.benchmarks, NGRAM, config.min_tokens, MOST_TEXTS, False)


def model_files(config: SampleConfig) -> dict[str, str]:
    """Their files, by name."""
    return {**rendered_files.model_files(config), **benchmark_files(config.benchmarks)}
