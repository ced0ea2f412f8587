"""Which documents a part of a mix means: by source, language and metadata."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field

UNDETERMINED = "und"
"""How a document without a language, or without an entry of its metadata, is matched (BCP 47's word for it)."""


class Match(BaseModel):
    """Documents whose source, language and metadata match every glob (null matches all; case counts).

    metadata: globs by key, such as those that filters write: `{topic: mathematics, quality_bucket: "1[5-9]"}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    source: str | None = None
    language: str | None = None
    metadata: Mapping[str, str] = Field(default_factory=dict)

    def matches(self, source: str, language: str, metadata: Mapping[str, str]) -> bool:
        """Whether every glob matches; case counts."""
        pairs = [(source, self.source or "*"), (language, self.language or "*")]
        pairs += [(metadata.get(name, UNDETERMINED), glob) for name, glob in self.metadata.items()]
        return all(fnmatchcase(value, glob) for value, glob in pairs)

    def words(self) -> str:
        """Which documents these are: `source web, language en`."""
        asked = {"source": self.source, "language": self.language, **self.metadata}
        return ", ".join(f"{name} {glob}" for name, glob in asked.items() if glob) or "all else"


class Anchor(Match):
    """Natural documents of which at least `share` of a mix's tokens are made."""

    share: float = Field(gt=0, le=1)
