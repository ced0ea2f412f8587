"""Synthetic augmentation. Its place in recipe and DAG is fixed; it has no generator yet and creates nothing."""

from __future__ import annotations

import pyarrow as pa
from pydantic import field_validator

from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Context, Map, Result

NOT_CONFIGURED = "not configured: no generator is set, so no synthetic document was created"


class RephraseConfig(StageConfig):
    """enabled: only false is possible until a generator can be named."""

    enabled: bool = False

    @field_validator("enabled")
    @classmethod
    def _off(cls, enabled: bool) -> bool:
        if enabled:
            raise ValueError("synthetic.rephrase has no generator yet; set enabled: false or leave the stage out")
        return enabled


def fn(batch: pa.RecordBatch, config: RephraseConfig, context: Context) -> Result:
    """Always refuses: a plan passes by a stage that is off."""
    raise ConfigError(f"synthetic.rephrase is {NOT_CONFIGURED}")


STAGE = Map(
    name="synthetic.rephrase",
    version=1,
    config=RephraseConfig,
    summary="rephrased documents (off: no generator yet)",
    fn=fn,
)
