"""A small real tokenizer: byte-level BPE trained here, as GPT-2 splits text."""

from __future__ import annotations

from pathlib import Path

from tests.runner.corpora import prose


def write_tokenizer(path: Path, size: int = 600) -> str:
    """Train it on a few texts and write its tokenizer.json; the same file every time."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=["<|endoftext|>"], show_progress=False
    )
    made.train_from_iterator([prose(n) for n in range(40)], trainer)
    made.save(str(path))
    return str(path)
