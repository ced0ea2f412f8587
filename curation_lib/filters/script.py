"""`filters.script`: whether a text is written in a script of its language, and words that mix scripts.

Scores: `script_ratio` float64 (letters in a script of the language / letters that a script owns; 0 without any),
`mixed_script_ratio` float64 (words with letters of two of the scripts that look alike / words; 0 without words).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import field_validator

from curation_lib.core.config import StageConfig, keep, measure
from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.language_scripts import LANGUAGE_SCRIPTS
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.scripts import SCRIPTS, script_letters


class ScriptConfig(StageConfig):
    """A threshold of null turns its rule off.

    scripts: ISO 15924 codes by language, before the built-in table (`language_scripts`). unknown_language: what to do
        with a document whose language has none, or that has no language; `pass` scores it 1.
    """

    scripts: dict[str, tuple[str, ...]] = measure({})
    unknown_language: Literal["stop", "pass"] = measure("stop")
    min_script_ratio: float | None = keep(0.5, ge=0, le=1)
    max_mixed_script_ratio: float | None = keep(0.05, ge=0, le=1)

    @field_validator("scripts")
    @classmethod
    def _are_known(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for language, scripts in value.items():
            if not scripts or (unknown := set(scripts) - set(SCRIPTS)):
                raise ValueError(
                    f"{language}: no script {sorted(unknown) if scripts else ''}; have {', '.join(SCRIPTS)}"
                )
        return value


def measure_script(batch: pa.RecordBatch, config: ScriptConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module). Raises ContractError for a language without a script."""
    known = {**LANGUAGE_SCRIPTS, **config.scripts}
    languages = batch.column("language").to_pylist()
    missing = [row for row, language in enumerate(languages) if language not in known]
    if missing and config.unknown_language == "stop":
        raise ContractError(
            f"no script is known for language {languages[missing[0]] or 'undetermined'!r} (document "
            f"{batch.column('source_id')[missing[0]]}); name it in `scripts`, drop the language before with "
            "filters.language, or set `unknown_language: pass`"
        )
    letters, words, mixed = script_letters(batch.column("text"))
    names = list(dict.fromkeys(languages))
    own = np.array([[s in known.get(name, ()) for s in ("", *SCRIPTS)] for name in names], bool).reshape(
        -1, 1 + len(SCRIPTS)
    )
    at = np.array([names.index(language) for language in languages], np.int64)
    ratio = _ratio((letters * own[at]).sum(axis=1), letters.sum(axis=1))
    ratio[missing] = 1.0
    return pa.RecordBatch.from_pydict({"script_ratio": ratio, "mixed_script_ratio": _ratio(mixed, words)})


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return found


STAGE = Filter(
    name="filters.script",
    version=1,
    config=ScriptConfig,
    summary="letters in a script of the document's language; words that mix look-alike scripts",
    measure=measure_script,
    keep=keep_by_thresholds,
)
