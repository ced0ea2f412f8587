"""A density model as two files: `words.npz` (words and bytes) and `weights.json`, for people too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from curation_lib.core.errors import ConfigError
from curation_lib.text.density_signals import SIGNALS, DensityModel
from curation_lib.text.lexicon import Lexicon

WORDS, WEIGHTS = "words.npz", "weights.json"


def write_density_model(model: DensityModel, folder: Path) -> None:
    """Both files into `folder`; equal models give equal bytes."""
    taken = model.lexicon.keys != 0
    np.savez_compressed(
        folder / WORDS,
        keys=model.lexicon.keys[taken],
        entries=model.lexicon.entries[taken].astype(np.uint32),
        size=np.array([len(taken), model.lexicon.unknown]),
        slots=np.flatnonzero(taken).astype(np.uint32),
        costs=model.costs,
    )
    signals = {
        name: {"weight": weight, "spread": spread, "expected": curve.tolist()}
        for name, weight, spread, curve in zip(
            SIGNALS, model.weights.tolist(), model.spread.tolist(), model.expected, strict=True
        )
    }
    whole = {"bias": model.bias, "brevity": model.brevity, "knots": model.knots.tolist(), "signals": signals}
    (folder / WEIGHTS).write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read_density_model(words: Path, weights: Path) -> DensityModel:
    """The model of the two files. Raises ConfigError for files of another kind, or of other terms than today's."""
    try:
        known = orjson.loads(weights.read_bytes())
        with np.load(words) as arrays:
            table = {name: arrays[name] for name in arrays.files}
        signals = known["signals"]
        if tuple(signals) != SIGNALS:
            raise KeyError("signals")
        return DensityModel(
            lexicon=_lexicon(table),
            costs=table["costs"],
            knots=np.array(known["knots"], np.float64),
            expected=np.array([signals[name]["expected"] for name in SIGNALS], np.float64),
            spread=np.array([signals[name]["spread"] for name in SIGNALS], np.float64),
            weights=np.array([signals[name]["weight"] for name in SIGNALS], np.float64),
            bias=float(known["bias"]),
            brevity=float(known["brevity"]),
        )
    except (ValueError, KeyError, OSError, TypeError) as e:
        raise ConfigError(f"density: {weights.parent} is no density model of this version; train it again") from e


def _lexicon(table: dict[str, npt.NDArray[Any]]) -> Lexicon:
    size, unknown = (int(value) for value in table["size"])
    keys, entries = np.zeros(size, np.uint64), np.zeros(size, np.int64)
    keys[table["slots"]], entries[table["slots"]] = table["keys"], table["entries"]
    return Lexicon(keys, entries, unknown)
