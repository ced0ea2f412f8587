"""Rules from settings: `min_words` fails where the score `words` is below it, `max_…` where one is above."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Context, Rule


def keep_by_thresholds(scores: pa.RecordBatch, config: StageConfig, context: Context) -> list[Rule]:
    """One rule per `keep` field called min_ or max_ and a score, in declared order; null turns it off."""
    rules = []
    for name in type(config).model_fields:
        threshold = getattr(config, name)
        side, _, score = name.partition("_")
        if type(config).role(name) != "keep" or side not in ("min", "max") or threshold is None:
            continue
        column = scores.column(score)
        fails = pc.less if side == "min" else pc.greater
        rules.append(Rule(name, fails(column, threshold), column, float(threshold)))
    return rules
