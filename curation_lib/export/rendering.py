"""What an export holds as a document's text: of a record, what the phase's chat template makes of it.

A template is small; a process reads it once and renders with it from then on.
"""

from __future__ import annotations

import pyarrow as pa

from curation_lib.text.chat_template import ChatTemplate, counted, load_template, rendered
from curation_lib.text.rendered_files import Rendered
from curation_lib.text.tokenizers.tokenizer import Encoded, Tokenizer


def template_of(config: Rendered) -> ChatTemplate | None:
    """The template that the settings name, None where they name none."""
    return None if config.chat_template is None else load_template(config.chat_template)


def texts(batch: pa.RecordBatch, config: Rendered) -> pa.LargeStringArray:
    """The text of each document as it is trained on."""
    return rendered(batch, template_of(config))


def tokens(batch: pa.RecordBatch, config: Rendered, tokenizer: Tokenizer) -> pa.Array:
    """int64[rows]: how many tokens that is."""
    return pa.array(counted(batch, tokenizer, template_of(config)))


def ids(batch: pa.RecordBatch, config: Rendered, tokenizer: Tokenizer) -> Encoded:
    """Which tokens that are."""
    if config.chat_template is None:
        return tokenizer.encode(batch.column("text"))
    return tokenizer.encode_marked(texts(batch, config))
