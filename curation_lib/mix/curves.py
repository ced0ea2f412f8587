"""Upsampling curves: how many epochs documents of a certain quality, or any other number in their metadata, get.

Quality-aware upsampling repeats the best documents and leaves out the worst, within one topic, instead of cutting at a
threshold (Olmo 3, Team Olmo 2025, https://arxiv.org/abs/2512.13961).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field, field_validator

from curation_lib.core.errors import ConfigError
from curation_lib.mix.matches import UNDETERMINED
from curation_lib.mix.water import exact

MOST_VALUES = 1000
"""Different values of a curve's key: each makes buckets of its own."""


class Curve(BaseModel):
    """Epochs over the number that documents have as metadata `by`: straight lines between `points`, level beyond the
    first and the last. Documents without that key get `missing` epochs."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    by: str
    points: Mapping[float, float]
    missing: float = Field(1.0, ge=0)

    @field_validator("points")
    @classmethod
    def _has_epochs(cls, points: Mapping[float, float]) -> Mapping[float, float]:
        if not points or min(points.values()) < 0 or not max(points.values()):
            raise ValueError("write value: epochs, at least one of them above 0 and none below, e.g. {0: 0, 19: 4}")
        return points

    @property
    def most(self) -> float:
        """The most epochs that it gives."""
        return max(self.missing, *self.points.values())

    def epochs(self, value: str) -> Fraction:
        """Epochs at `value`, exactly. Raises ConfigError where that is no number."""
        if value == UNDETERMINED:
            return exact(self.missing)
        at = self._number(value)
        points = sorted((exact(x), exact(y)) for x, y in self.points.items())
        if at <= points[0][0]:
            return points[0][1]
        for (left, low), (right, high) in pairwise(points):
            if at <= right:
                return low + (high - low) * (at - left) / (right - left)
        return points[-1][1]

    def _number(self, value: str) -> Fraction:
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError) as e:
            raise ConfigError(
                f"curve: metadata {self.by!r} of a document is {value!r}, no number; name a key that holds numbers in "
                "`by`, such as quality_bucket"
            ) from e
