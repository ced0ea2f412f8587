"""Trains a byte-level BPE with Hugging Face's tokenizers: small models need small vocabularies."""

from __future__ import annotations

from collections.abc import Iterable

END = "<|endoftext|>"


def trained(texts: Iterable[str], size: int) -> str:
    """A tokenizer.json of `size` tokens at most, split as GPT-2 splits, so that the kernels of `text/tokenizers` know
    it. The same texts in the same order give the same bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return str(tokenizer.to_str())
