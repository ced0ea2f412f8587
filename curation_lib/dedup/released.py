"""What an earlier release already holds is dropped: the one setting for it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import field_validator

from curation_lib.core.config import locate
from curation_lib.dedup.survivors import SurvivorConfig


class ReleasedConfig(SurvivorConfig):
    """Settings of a stage that compares with earlier releases.

    against: folders (or manifest.json) of finished datasets, any fsspec URL. A document that one of them holds
        already is dropped in favour of the released one; where several hold it, of that in the dataset named first.
    """

    against: tuple[str, ...] = locate(())

    @field_validator("against")
    @classmethod
    def _named_once(cls, against: tuple[str, ...]) -> tuple[str, ...]:
        folders = tuple(place.strip().removesuffix("/manifest.json").rstrip("/") for place in against)
        for place, folder in zip(against, folders, strict=True):
            if not folder:
                raise ValueError(f"{place!r} names nothing; give the URL of a dataset")
            if folders.count(folder) > 1:
                raise ValueError(f"{folder} stands twice; name each release once")
        return folders


def released(config: ReleasedConfig) -> Sequence[str]:
    """Where the releases lie."""
    return config.against
