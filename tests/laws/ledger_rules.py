"""Which side of its threshold a dropped document's score lies on, by rule: core/README.md and the rooms' say so."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt

Side = Callable[[float, float], bool]

SIDES: dict[str, Side] = {
    "normalize.html.http_status": lt,
    "normalize.html.media_type": lt,
    "normalize.html.empty": lt,
    "normalize.plain.empty": lt,
    "dedup.exact.duplicate_id": ge,
    "dedup.exact.duplicate_content": ge,
    "dedup.url.same_url": ge,
    "dedup.minhash.near_duplicate": ge,
    "dedup.prompts.same_prompt": ge,
    "dedup.semantic.semantic_duplicate": ge,
    "dedup.spans.nothing_left": lt,
    "filters.url_blocklist.domains": gt,
    "filters.url_blocklist.urls": gt,
    "filters.language.languages": lt,
    "filters.c4_lines.empty": lt,
    "filters.boilerplate_lines.empty": lt,
    "filters.text_modifiers.empty": lt,
    "filters.classifier.keep_top_percent": le,
    "filters.domains.drop_topic": ge,
    "filters.domains.drop_format": ge,
    "filters.perplexity.min_perplexity_percentile": le,
    "filters.perplexity.max_perplexity_percentile": ge,
    "synthetic.gates.refused": ge,
    "synthetic.gates.truncated": ge,
    "synthetic.gates.empty": ge,
    "synthetic.gates.format": ge,
    "synthetic.gates.endpoint": ge,
    "synthetic.gates.over_budget": ge,
    "synthetic.gates.unrecorded": ge,
    "synthetic.gates.template_collapse": gt,
    "export.licenses.license_unknown": lt,
    "export.licenses.license_not_allowed": lt,
    "mix.sample.not_sampled": ge,
    "mix.sample.weight_zero": le,
    "mix.sample.unknown_license": lt,
    "mix.sample.benchmark_item": gt,
    "mix.sample.chat_token": gt,
    "mix.sample.not_a_record": lt,
    "mix.sample.leaked_prompt": gt,
    "mix.sample.repeated_prompt": ge,
}
"""Every rule that is not called `min_…` (dropped below) or `max_…` (dropped above), or that breaks ties. A new one needs
a line here, in its room's README, and a document in `test_ledger` that it drops."""


def side_of(rule: str) -> Side:
    """KeyError for a rule that says nothing of its direction."""
    name = rule.rpartition(".")[2]
    if rule in SIDES:
        return SIDES[rule]
    return {"min_": lt, "max_": gt}[name[:4]]
