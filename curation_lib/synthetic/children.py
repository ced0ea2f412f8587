"""The child that a request leaves, whatever came of it: one synthetic document with its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from curation_lib.core.contract import SYNTHETIC
from curation_lib.synthetic.asking import Answer, Failure, sampling
from curation_lib.synthetic.forms import Form, Refused, Unparsed
from curation_lib.synthetic.settings import GenerateConfig
from curation_lib.synthetic.trouble import short
from curation_lib.text.hashing import doc_id

RAW_CHARACTERS = 4000
_KEY = 8
"""Hex digits of a request's key that tell the children of one seed and form apart."""
_INHERITED = ("source", "language", "license", "opt_out")


@dataclass(frozen=True)
class Verdict:
    """What came of a request: `text` is the parsed document, "" where there is none; `raw` the output as it came."""

    outcome: str
    detail: str = ""
    text: str = ""
    raw: str = ""


def verdict(found: Answer | Failure, form: Form) -> Verdict:
    """Judges an outcome as far as the form goes; whether the text is any good is for synthetic.gates."""
    if isinstance(found, Failure):
        return Verdict(found.outcome, found.detail)
    if found.refusal or found.finish == "content_filter":
        return Verdict("refused", short(found.refusal or "content filter"), raw=found.text or found.refusal)
    if found.finish == "length":
        return Verdict("truncated", "the output ends at max_tokens", raw=found.text)
    if not found.text.strip():
        return Verdict("empty", raw=found.text)
    try:
        return Verdict("ok", text=form.parse(found.text), raw=found.text)
    except Refused as e:
        return Verdict("refused", short(e.reason), raw=found.text)
    except Unparsed as e:
        return Verdict("format", short(e.reason), raw=found.text)


def child(
    parent: Mapping[str, Any], seed: str, form: Form, found: Answer | Failure, config: GenerateConfig, key: str
) -> dict[str, Any]:
    """The child as a row of DOCUMENT but for `content_hash`. `parent` is a row with metadata left out; `key` is the
    request's: two models, or two ways of sampling, asked the same of one seed leave two documents."""
    judged = verdict(found, form)
    source_id = f"{parent['source_id']}#{form.name}.v{form.version}.{key[:_KEY]}"
    evidence = parent["license_evidence"]
    return {
        **{name: parent[name] for name in _INHERITED},
        "doc_id": doc_id(parent["source"], source_id),
        "source_id": source_id,
        "text": judged.text,
        "license_evidence": f"of the parent; {evidence}" if evidence else "of the parent",
        "format": SYNTHETIC,
        "parents": [parent["doc_id"]],
        "metadata": list(_provenance(parent, seed, form, found, judged, config).items()),
    }


def _provenance(
    parent: Mapping[str, Any],
    seed: str,
    form: Form,
    found: Answer | Failure,
    judged: Verdict,
    config: GenerateConfig,
) -> dict[str, str]:
    model = config.model_for(form.name)
    said = {
        "outcome": judged.outcome,
        "detail": judged.detail or None,
        "form": form.name,
        "prompt": f"{form.name}.v{form.version} {form.fingerprint}",
        "model": model,
        "model_license": config.license_of(model),
        "sampling": orjson.dumps(sampling(form, config), option=orjson.OPT_SORT_KEYS).decode(),
        "depth": "1",
        "source_hash": parent["content_hash"],
        "seed_text": seed,
        "raw": judged.raw[:RAW_CHARACTERS] if judged.raw != judged.text else None,
        **_tokens(found),
    }
    return {f"synthetic_{name}": value for name, value in said.items() if value is not None}


def _tokens(found: Answer | Failure) -> dict[str, str | None]:
    counts = {"prompt_tokens": None, "completion_tokens": None} if isinstance(found, Failure) else vars(found)
    return {n: None if counts[n] is None else str(counts[n]) for n in ("prompt_tokens", "completion_tokens")}
