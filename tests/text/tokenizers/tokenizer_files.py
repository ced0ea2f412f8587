"""Files of real tokenizers: tiktoken's cache filled by hand, and a tokenizer.json made from its ranks."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from tiktoken.load import load_tiktoken_bpe

from curation_lib.text.tokenizers.known_splits import byte_letters

_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/"
SPLITS = {
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
"""As Llama 3's and Qwen 2's tokenizer.json write them."""


def cached_vocabularies(source: Path, folder: Path) -> Path:
    """`folder` with every vocabulary of `source` as tiktoken's cache calls it: by the sha1 of its address."""
    for file in source.glob("*.tiktoken"):
        shutil.copyfile(file, folder / hashlib.sha1((_ADDRESS + file.name).encode()).hexdigest())
    return folder


def gpt2_file(ranks: Path, folder: Path, **added: Any) -> str:
    """Path of GPT-2's tokenizer.json, as its publishers write it, from r50k_base's ranks."""
    return _written(
        folder, tokenizer_json(load_tiktoken_bpe(str(ranks)), byte_level(True), {"<|endoftext|>": 50256}, **added)
    )


def digits_file(ranks: Path, folder: Path) -> str:
    """Path of a tokenizer.json of StarCoder 2's kind: numbers set apart, then GPT-2's pattern."""
    before = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level(True)]}
    return _written(folder, tokenizer_json(load_tiktoken_bpe(str(ranks)), before, {"<|endoftext|>": 50256}))


def split_file(ranks: Path, folder: Path, split: str, **added: Any) -> str:
    """Path of a tokenizer.json of Llama 3's kind: one of SPLITS, then bytes; whole pieces before merges."""
    loaded = load_tiktoken_bpe(str(ranks))
    pattern = {"type": "Split", "pattern": {"Regex": SPLITS[split]}, "behavior": "Isolated", "invert": False}
    before = {"type": "Sequence", "pretokenizers": [pattern, byte_level(False)]}
    specials = {"<|begin_of_text|>": len(loaded), "<|end_of_text|>": len(loaded) + 1}
    return _written(folder, tokenizer_json(loaded, before, specials, ignore_merges=True, **added))


def byte_level(use_regex: bool) -> dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def tokenizer_json(
    ranks: Mapping[bytes, int],
    before: dict[str, Any],
    specials: Mapping[str, int],
    ignore_merges: bool = False,
    plain: Mapping[str, int] = {},
    normalizer: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A tokenizer.json; `plain` are added tokens that are not special."""
    letters = byte_letters()
    spelt = {token: "".join(letters[b] for b in token) for token in ranks}
    merges = [[spelt[a], spelt[b]] for a, b in merges_of(ranks)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [{"id": i, "content": one, **flags, "special": True} for one, i in specials.items()]
    added += [{"id": i, "content": one, **flags, "special": False} for one, i in plain.items()]
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": ignore_merges,
        "vocab": {spelt[token]: rank for token, rank in ranks.items()}, "merges": merges,
    }  # fmt: skip
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": normalizer,
        "pre_tokenizer": before, "post_processor": byte_level(True), "decoder": byte_level(True), "model": model,
    }  # fmt: skip


def merges_of(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    """The two halves of each token of more than one byte, in order of rank: what is left of its bytes when all merges
    before its own are made."""
    return [_halves(token, ranks) for token in sorted(ranks, key=ranks.__getitem__) if len(token) > 1]


def _halves(token: bytes, ranks: Mapping[bytes, int]) -> tuple[bytes, bytes]:
    parts = [bytes([b]) for b in token]
    while len(parts) > 2:
        found = [(ranks.get(a + b, len(ranks)), i) for i, (a, b) in enumerate(pairwise(parts))]
        _, i = min(found)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts[0], parts[1]


def _written(folder: Path, described: dict[str, Any]) -> str:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
    return str(path)
