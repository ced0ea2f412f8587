"""Training the n-gram model behind `filters.perplexity` on files or datasets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa

from curation_lib.core.artefact import METRICS
from curation_lib.core.errors import ConfigError
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.given import read_inputs
from curation_lib.runner.models import current, make_current, publish_model
from curation_lib.runner.parts import read_batches
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.store import Store
from curation_lib.training.perplexity import PerplexityTraining, train_perplexity


def train(
    inputs: Sequence[str],
    output: str | None,
    store: str | None,
    name: str,
    license: str,
    settings: PerplexityTraining,
    use: bool,
    scheduler: Scheduler,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Train on `inputs`; the model's folder is then `output`, or a version of `models/<name>` in `store`, current
    where it is the first or `use` says so.

    Answers with the place, the fingerprint and the metrics. Raises ConfigError unless one of the two is given.
    """
    if (output is None) == (store is None):
        raise ConfigError("give either --output or --store, where the model is to lie")
    with TemporaryDirectory(prefix="winnow-perplexity-") as folder:
        session = Session(Store(f"{folder}/read"), scheduler, progress)
        made = Path(output) if output is not None else Path(folder, "model")
        manifest = train_perplexity(_batches(inputs, session), made, name, license, settings)
        place = str(made)
        if store is not None:
            place = Store(store).address(publish_model(Store(store), made))
            if use or current(Store(store), name) is None:
                make_current(Store(store), name, manifest.fingerprint)
        metrics = orjson.loads((made / METRICS).read_bytes())
    return {"model": place, "name": name, "fingerprint": manifest.fingerprint, "metrics": metrics}


def _batches(inputs: Sequence[str], session: Session) -> Iterator[pa.RecordBatch]:
    for manifest in read_inputs(inputs, session):
        for part in manifest.parts():
            yield from read_batches(session.store, part, session.batch_rows)
