"""Prompts up to case, white space and punctuation: by what `dedup.prompts` and mixes know a repeated one."""

from __future__ import annotations

import unicodedata

import xxhash


def folded_prompt(prompt: str) -> str:
    """Letters, marks and numbers in NFKC and folded case, any run of others as one space: `What's up?` is `what s up`.

    Where nothing would be left (a prompt of signs alone) it is the prompt without white space.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", prompt).casefold())
    words = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split()
    return " ".join(words) or "".join(prompt.split())


def prompt_hash(prompt: str) -> str:
    """32 hex digits of xxh3-128 of the folded prompt: 128 bits, since equal ones are taken for equal prompts."""
    return xxhash.xxh3_128_hexdigest(folded_prompt(prompt).encode("utf-8", "surrogatepass"))
