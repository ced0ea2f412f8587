"""What a build needs at its end: asked for before hours of work that could not end well."""

from __future__ import annotations

from collections.abc import Sequence

from curation_lib.core.errors import ConfigError
from curation_lib.export.samples import SamplesConfig
from curation_lib.export.schema import ExportConfig
from curation_lib.runner.plan import Step
from curation_lib.runner.released import require_releases
from curation_lib.text.chat_template import load_template
from curation_lib.text.tokenizers.loading import load_tokenizer


def require(steps: Sequence[Step]) -> None:
    """Raise ConfigError unless every release can be opened, tokenizers and chat templates of exports are such, and
    tokenizers whose ids are exported can end a document."""
    require_releases(steps)
    for step in steps:
        for _, config in step.bound:
            if isinstance(config, ExportConfig):
                _require_loaded(step, config)


def _require_loaded(step: Step, config: ExportConfig) -> None:
    try:
        tokenizer = load_tokenizer(config.tokenizer)
        if config.chat_template is not None:
            load_template(config.chat_template)
        if isinstance(config, SamplesConfig) and config.tokenizer.has_ids:
            _ = tokenizer.eos
    except ConfigError as e:
        raise ConfigError(f"mixes.{step.phase}.{e}") from e
