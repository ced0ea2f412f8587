"""Special tokens of chat templates in documents: what a tokenizer would read as turns of a conversation.

Mid-training on text with such tokens cost one published run its whole GSM8K score (Team OLMo 2025, "Olmo 3",
https://arxiv.org/abs/2512.13961). Only tokens that no prose, code or markup means otherwise are listed: not
`<|endoftext|>`, which is no chat, nor `<s>`, which is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

CHAT_TOKENS: Mapping[str, tuple[str, ...]] = {
    # https://github.com/openai/openai-python/blob/release-v0.28.1/chatml.md, Qwen, and Phi-4's `<|im_sep|>`
    "ChatML": ("<|im_start|>", "<|im_end|>", "<|im_sep|>"),
    # https://www.llama.com/docs/model-cards-and-prompt-formats/llama3_1
    "Llama 3": ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>"),
    # https://www.llama.com/docs/model-cards-and-prompt-formats/llama4
    "Llama 4": ("<|header_start|>", "<|header_end|>"),
    # https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-2
    "Llama 2": ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"),
    # https://github.com/mistralai/mistral-common, tokens/tokenizers/base.py
    "Mistral": ("[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
                "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
    # https://ai.google.dev/gemma/docs/core/prompt-structure
    "Gemma": ("<start_of_turn>", "<end_of_turn>"),
    # https://huggingface.co/deepseek-ai/DeepSeek-V3/blob/main/tokenizer_config.json
    "DeepSeek": ("<｜User｜>", "<｜Assistant｜>", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
    # https://huggingface.co/microsoft/Phi-3-mini-4k-instruct, Zephyr, Tulu
    "Phi 3": ("<|user|>", "<|assistant|>", "<|system|>"),
    # https://docs.cohere.com/docs/command-r-plus-hf
    "Command R": ("<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>",
                  "<|SYSTEM_TOKEN|>"),
    # https://huggingface.co/ibm-granite/granite-3.1-8b-instruct/blob/main/tokenizer_config.json
    "Granite": ("<|start_of_role|>", "<|end_of_role|>"),
    # https://cookbook.openai.com/articles/openai-harmony
    "Harmony": ("<|channel|>", "<|message|>"),
    # https://huggingface.co/moonshotai/Kimi-K2-Instruct/blob/main/tokenizer_config.json
    "Kimi": ("<|im_user|>", "<|im_assistant|>", "<|im_system|>", "<|im_middle|>"),
}  # fmt: skip
"""Tokens by template family; the comments are their sources."""

SHOWN = 5


def chat_tokens(texts: pa.Array, more: Sequence[str] = ()) -> dict[int, list[tuple[str, int]]]:
    """By row of a text column, each chat token that it holds, or of `more`, with its byte offset, from left to right.

    Letters count as they stand. Rows without any are absent.
    """
    tokens = [token for family in CHAT_TOKENS.values() for token in family] + list(more)
    pattern = "|".join(map(re.escape, sorted(set(tokens), key=lambda token: (-len(token), token))))
    rows = pc.indices_nonzero(pc.match_substring_regex(texts, pattern)).to_pylist()
    compiled = re.compile(pattern.encode())
    return {
        row: [(m.group().decode(), m.start()) for m in compiled.finditer(texts[row].as_py().encode())] for row in rows
    }


def shown(found: Sequence[tuple[str, int]]) -> str:
    """Tokens and their places for a ledger row: `<|im_start|> at 0, 112`."""
    places: dict[str, list[int]] = {}
    for token, at in found:
        places.setdefault(token, []).append(at)
    some = [f"{token} at {', '.join(map(str, at[:SHOWN]))}" for token, at in list(places.items())[:SHOWN]]
    return "; ".join(some)
