"""Settings by which a phase refuses what does not belong into it, and what of them makes no sense together."""

from __future__ import annotations

from pydantic import model_validator

from curation_lib.core.config import StageConfig, keep
from curation_lib.core.recipe import Phase
from curation_lib.text.benchmarks import Benchmark
from curation_lib.text.chat_template import ChatTemplateSetting

WHOLE, ANY = 0.5, 0.0
"""Shares of an item's n-grams. Half of them are no common phrase (`filters.decontaminate`), which can be said of a
document by itself; of a prompt any n-gram is too much, since a prompt is about as long as an item."""
NGRAM = 8
"""Words, as Lambert et al. 2024 (Tulu 3, https://arxiv.org/abs/2411.15124) take them for prompts, and PaLM for text."""


class PhaseConfig(StageConfig):
    """Settings of one phase. benchmarks: whose items may not stand in it; a recipe without them takes those of its
    `filters.decontaminate`. min_tokens: shorter fields of items are not searched. max_contamination: the share of an
    item's 8-grams from which on a document is refused; null is 0.5 of documents, 0 (a single one) of prompts.
    chat_tokens: more of them than `text.chat_tokens` lists. chat_template: how posttrain's records become the text that
    is trained on; its tokens are those that the budget counts, and what exports hold."""

    phase: Phase
    benchmarks: tuple[Benchmark, ...] = keep(())
    min_tokens: int = keep(NGRAM, ge=1, le=NGRAM)
    max_contamination: float | None = keep(None, ge=0, lt=1)
    chat_tokens: tuple[str, ...] = keep(())
    chat_template: ChatTemplateSetting | None = None

    @model_validator(mode="after")
    def _phase_refuses(self) -> PhaseConfig:
        for name in ("benchmarks", "max_contamination", "chat_tokens"):
            if self.phase == "pretrain" and getattr(self, name):
                raise ValueError(f"{name} has no use in pretrain, which refuses nothing; filter in `stages` instead")
        if self.phase != "posttrain" and self.chat_template:
            raise ValueError(f"chat_template has no use in {self.phase}, which holds texts; leave it out")
        if self.phase == "posttrain" and self.chat_tokens and not self.chat_template:
            raise ValueError("chat_tokens has no use in posttrain without a chat_template; leave it out")
        if blank := [token for token in self.chat_tokens if len(token.strip()) < 3]:
            raise ValueError(f"chat_tokens: {blank[0]!r} would be met everywhere; give tokens of 3 characters or more")
        return self

    def share(self) -> float:
        """The share of an item's n-grams above which a document does not belong here."""
        if self.max_contamination is not None:
            return self.max_contamination
        return ANY if self.phase == "posttrain" else WHOLE
