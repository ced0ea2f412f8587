"""Which tokenizers the kernels know exactly: by the very pattern that they split with."""

from __future__ import annotations

from typing import Any

from curation_lib.text.tokenizers.splits import CL100K, GPT2, O200K, Split

_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SIGN, _BOTH = r"[^\r\n\p{L}\p{N}]?", r"\p{Lm}\p{Lo}\p{M}"
_O200K = "|".join(
    [
        rf"{_SIGN}[\p{{Lu}}\p{{Lt}}{_BOTH}]*[\p{{Ll}}{_BOTH}]+{_CONTRACTIONS}?",
        rf"{_SIGN}[\p{{Lu}}\p{{Lt}}{_BOTH}]+[\p{{Ll}}{_BOTH}]*{_CONTRACTIONS}?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
PATTERNS = {
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s": Split(GPT2),
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+": Split(GPT2),
    (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ): Split(CL100K, 3, True),
    rf"{_CONTRACTIONS}|{_SIGN}\p{{L}}+|\p{{N}}{{1,3}}|{_REST}": Split(CL100K, 3),
    rf"{_CONTRACTIONS}|{_SIGN}\p{{L}}+|\p{{N}}|{_REST}": Split(CL100K, 1),
    _O200K: Split(O200K, 3),
}
"""As tiktoken 0.14 and published tokenizer.json files write them (GPT-2, Llama 3, Qwen 2, GPT-4o)."""


def split_by_pattern(pattern: str) -> Split | None:
    """The state machine that splits as the pattern does, None where none is known to."""
    return PATTERNS.get(pattern)


def split_by_file(described: dict[str, Any]) -> Split | None:
    """That of a parsed tokenizer.json: no other normalizer than NFC, then bytes, split by ByteLevel's own pattern, with
    Digits before it or without, or by a Split; BPE over all bytes, so that a piece has no more tokens than bytes."""
    model = described["model"]
    if model["type"] != "BPE" or not set(byte_letters()) <= model["vocab"].keys():
        return None
    if (described.get("normalizer") or {"type": "NFC"}) != {"type": "NFC"}:
        return None
    steps = _steps(described.get("pre_tokenizer"))
    if not steps or steps[-1].get("type") != "ByteLevel" or steps[-1].get("add_prefix_space", True):
        return None
    own = steps[-1].get("use_regex", True)
    if len(steps) == 1:
        return Split(GPT2) if own else None
    if len(steps) != 2:
        return None
    return _digits(steps[0]) if own else _isolated(steps[0])


def byte_letters() -> list[str]:
    """The letter that stands for each byte in byte-level vocabularies (GPT-2's bytes_to_unicode)."""
    own = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in own else next(others)) for byte in range(256)]


def _steps(before: Any) -> list[dict[str, Any]]:
    if not before:
        return []
    return list(before["pretokenizers"]) if before["type"] == "Sequence" else [before]


def _digits(step: dict[str, Any]) -> Split | None:
    """Numbers set apart before GPT-2's pattern."""
    return Split(GPT2, 1) if step["type"] == "Digits" and step["individual_digits"] else None


def _isolated(step: dict[str, Any]) -> Split | None:
    """Split's matches, and what lies between them, are pieces; these patterns leave nothing between."""
    as_known = step["type"] == "Split" and step["behavior"] == "Isolated" and not step["invert"]
    pattern = step["pattern"].get("Regex") if as_known else None
    return PATTERNS.get(pattern) if isinstance(pattern, str) else None
