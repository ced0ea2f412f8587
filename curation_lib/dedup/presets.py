"""What known pipelines set for MinHash deduplication, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

Preset = Literal["fineweb", "curator", "dolma3"]
Shingle = Literal["words", "characters"]

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "fineweb": {"shingle": "words", "ngram": 5, "bands": 14, "rows": 8},
    "curator": {"shingle": "characters", "ngram": 24, "bands": 20, "rows": 13},
    "dolma3": {"shingle": "words", "ngram": 5, "bands": 26, "rows": 11},
}
"""FineWeb: Penedo et al. 2024. NeMo Curator: defaults of its FuzzyDeduplicationWorkflow. Dolma 3: the report of Olmo 3
(arXiv 2512.13961). What a word is, the similarity and the threshold are ours in each."""


def resolved(given: Any) -> Any:
    """Settings with the preset that they name written out, so that equal settings are equal whatever named them.

    Raises ValueError where `shingle` departs from the preset and leaves `ngram` to count the other kind, and for
    shingles of one character.
    """
    name = given.get("preset") if isinstance(given, Mapping) else ""
    if name is None:
        name = "fineweb"
    if not isinstance(name, str) or name not in PRESETS:
        return given  # the field's own type says what is wrong, here and below
    preset = PRESETS[name]
    shingle = given.get("shingle", preset["shingle"])
    if shingle in get_args(Shingle) and shingle != preset["shingle"] and "ngram" not in given:
        remedy = "24 characters are NeMo Curator's" if shingle == "characters" else "5 words are FineWeb's"
        raise ValueError(f"shingle: {shingle} needs ngram beside it, how many to a shingle; {remedy}")
    if shingle == "characters" and given.get("ngram") == 1:
        raise ValueError("ngram: one character says nothing of a text; take at least 2, NeMo Curator's are 24")
    return {**preset, **given, "preset": None}
