"""A tiny model, pools of made-up sentences, and runs over them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.pool_documents import View, documents
from curation_lib.runner.pool_tokenizers import tokenizer_of
from curation_lib.runner.pools import made_pools
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.valuation.model_settings import ModelSettings, Optimisation
from curation_lib.valuation.pool_settings import PoolSettings, TrainedTokenizer
from curation_lib.valuation.runs import Part, Run

MODEL = ModelSettings(hidden=16, layers=2, heads=2, sequence_length=16)
OPTIMISATION = Optimisation(batch_tokens=128, warmup_tokens=256, learning_rate=3e-3)
TINY: dict[str, Any] = {
    "valuation": "tiny",
    "tokenizer": {"train": 300},
    "model": {"hidden": 16, "layers": 1, "heads": 2, "sequence_length": 16},
    "optimisation": {"batch_tokens": 64, "warmup_tokens": 0},
    "trunk_tokens": 640,
    "anneal_tokens": 640,
    "seeds": 2,
    "guard_part": 0.2,
}
"""A valuation of seconds, without its documents."""


def written(path: Path, what: str, count: int) -> Path:
    """JSON lines of sentences about `what`."""
    rows = [
        {"id": str(n), "text": f"The {what} of {n} has {n * n % 97} parts; take {n + 3} of them."} for n in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def session(folder: Path) -> Session:
    return Session(Store(str(folder / "store")), LocalScheduler(1))


def pools(folder: Path, at: Session) -> tuple[str, str]:
    """Store keys of a pool and of a measure set of other documents."""
    base = documents(PoolSettings(paths=[str(written(folder / "base.jsonl", "wheel", 200))]), at)
    tokenizer = tokenizer_of(TrainedTokenizer(train=300), base, at)
    made = made_pools({"base": (base, View(high=0.8)), "guard": (base, View(0.8, 1, 20, 64))}, tokenizer, at)
    return made["base"], made["guard"]


def run(pool: str, measure: str, tokens: int = 2048, **more: object) -> Run:
    """A run over one pool."""
    told = {"model": MODEL, "optimisation": OPTIMISATION, "parts": (Part(pool=pool, share=1),), "tokens": tokens}
    return Run.model_validate({**told, "measures": {"guard/base": measure}, **more})
