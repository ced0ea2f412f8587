"""The model itself: transformers' Llama, its first weights by seed alone."""

from __future__ import annotations

import threading
from typing import Any

from curation_lib.valuation.model_settings import ModelSettings

_SEEDED = threading.Lock()
"""torch's random numbers are the process's: threads of a worker that build at once would have each other's."""


def built(settings: ModelSettings, vocabulary: int) -> Any:
    """A LlamaForCausalLM in float32 with random weights: the same for the same settings, whatever ran before."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=settings.hidden,
        intermediate_size=settings.inner,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.key_value_heads or settings.heads,
        max_position_embeddings=settings.sequence_length,
        tie_word_embeddings=True,
        use_cache=False,
    )
    with _SEEDED, torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return LlamaForCausalLM(config)
