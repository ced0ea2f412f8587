"""Language identification with fastText's lid.176 (Joulin et al. 2016), on the head of a text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curation_lib.core.errors import ConfigError

HEAD_CHARACTERS = 2000
"""More text costs a quarter of the pipeline and changes few labels."""


def model_path(name: str) -> str:
    """The model file: a path as it stands, or a name in the cache folder. ConfigError where there is none."""
    cache = Path(os.environ.get("WINNOW_CACHE") or Path.home() / ".cache" / "winnow")
    for path in (Path(name).expanduser(), cache / name):
        if path.is_file():
            return str(path)
    raise ConfigError(
        f"language_model: no {name!r} here or in {cache}; `make setup` fetches it, or give the path of lid.176.ftz"
    )


def load_model(path: str) -> Any:
    """The fastText model; models do not pickle, so each worker loads its own."""
    import fasttext

    return fasttext.load_model(path)


def identify(model: Any, texts: Sequence[str]) -> tuple[list[str | None], list[float | None]]:
    """Language code (ISO 639-1 or -3) and probability of each text; null where it holds no letter."""
    languages: list[str | None] = []
    scores: list[float | None] = []
    for text in texts:
        head = text[:HEAD_CHARACTERS].replace("\n", " ")
        if not any(c.isalpha() for c in head):
            languages.append(None)
            scores.append(None)
            continue
        labels, probabilities = model.predict(head)
        languages.append(str(labels[0]).removeprefix("__label__"))
        scores.append(min(float(probabilities[0]), 1.0))
    return languages, scores
