"""Settings of `synthetic.gates`."""

from __future__ import annotations

from curation_lib.core.config import StageConfig, keep, locate, measure


class GatesConfig(StageConfig):
    """A threshold of null turns its rule off; where each comes from stands in README.md.

    identify_language: by lid.176, `language_model` as in normalize. min_batch: children of a form that passed their
    own rules; a smaller batch is not judged for template collapse (min_distinct, max_self_bleu, max_opening_share).
    """

    identify_language: bool = measure(True)
    language_model: str = locate("lid.176.ftz")
    max_unknown_numbers: int | None = keep(0, ge=0)
    max_unknown_units: int | None = keep(0, ge=0)
    max_unknown_names: int | None = keep(0, ge=0)
    min_number_support: float | None = keep(0.9, ge=0, le=1)
    min_name_support: float | None = keep(0.85, ge=0, le=1)
    min_coverage: float | None = keep(0.2, ge=0, le=1)
    max_new_word_share: float | None = keep(0.6, ge=0, le=1)
    min_length_ratio: float | None = keep(0.05, ge=0)
    max_length_ratio: float | None = keep(2.0, gt=0)
    max_copied_words: int | None = keep(40, ge=1)
    max_copied_share: float | None = keep(0.5, ge=0, le=1)
    min_novelty: float | None = keep(0.25, ge=0, le=1)
    max_novelty: float | None = keep(None, ge=0, le=1)
    max_source_similarity: float | None = keep(0.6, ge=0, le=1)
    min_same_language: float | None = keep(1.0, ge=0, le=1)
    max_child_similarity: float | None = keep(0.8, ge=0, le=1)
    min_batch: int = keep(20, ge=2)
    min_distinct: float | None = keep(0.3, ge=0, le=1)
    max_self_bleu: float | None = keep(0.8, ge=0, le=1)
    max_opening_share: float | None = keep(0.5, ge=0, le=1)
