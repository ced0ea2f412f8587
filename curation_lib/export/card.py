"""The data card of one phase: what an export holds, where it is from, what was done to it and what was not.

A card is a function of its facts: no clock, no host, no address that the facts do not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jinja2
import orjson
import yaml

from curation_lib.core.contract import SYNTHETIC
from curation_lib.export.facts import CardFacts, Group, MixGroup
from curation_lib.export.picture import PICTURE, told
from curation_lib.text.tokenizers.settings import BYTES4

_SIZES = ["1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T"]
"""Bounds of Hugging Face's size categories, each ten times the one before, from 1,000 rows."""


def render_card(facts: CardFacts) -> str:
    """README.md of one exported phase, Markdown with a YAML head as the Hugging Face Hub reads it."""
    return _template().render(
        facts=facts,
        front_matter=front_matter(facts),
        by_bucket=_regroup(facts.groups, lambda g: (g.source, g.language)),
        by_license=_regroup(facts.groups, lambda g: (g.license,)),
        held=_held(facts.mixed.groups if facts.mixed else ()),
        told=facts.mixed and told(facts.mixed),
        picture=PICTURE,
        total=_total(facts.groups),
        estimated=facts.tokenizer == BYTES4,
        templated=facts.mix is not None and facts.mix.settings.get("chat_template") is not None,
        synthetic=_total([group for group in facts.groups if group.format == SYNTHETIC]),
    )


def _held(groups: Sequence[MixGroup]) -> Counter[tuple[str, str]]:
    """Tokens that the mix could draw from, by source and language."""
    held: Counter[tuple[str, str]] = Counter()
    for group in groups:
        held[group.source, group.language] += group.tokens_held
    return held


def front_matter(facts: CardFacts) -> str:
    """The YAML head, without its fences: licences, languages, size and which files to load."""
    head: dict[str, Any] = {
        "pretty_name": facts.title,
        "license": sorted({_hub_license(g.license) for g in facts.groups}) or ["unknown"],
        "language": sorted({g.language for g in facts.groups if g.language and g.language != "und"}),
        "size_categories": [size_category(sum(g.rows for g in facts.groups))],
        "task_categories": ["text-generation"],
        "configs": [
            {"config_name": f.name, "data_files": [{"split": "train", "path": f.path}]} for f in facts.files if f.loader
        ],
    }
    if head["configs"]:
        head["configs"][0]["default"] = True
    return yaml.safe_dump({k: v for k, v in head.items() if v}, sort_keys=False, allow_unicode=True).rstrip()


def size_category(rows: int) -> str:
    """Hugging Face's name for a number of rows: n<1K, 1K<n<10K, … n>1T."""
    above = sum(rows >= 1000 * 10**i for i in range(len(_SIZES)))
    if above == 0:
        return "n<1K"
    return "n>1T" if above == len(_SIZES) else f"{_SIZES[above - 1]}<n<{_SIZES[above]}"


def _hub_license(license: str) -> str:
    """The Hub writes SPDX ids in lower case and has `other` for whatever is not one id."""
    return "other" if set(license) & set(" ()/") else license.lower()


def _regroup(groups: Sequence[Group], by: Callable[[Group], tuple[Any, ...]]) -> list[tuple[Any, Group]]:
    """Counts summed by what `by` names, largest share of tokens first, then by name."""
    names = {by(group) for group in groups}
    summed = [(name, _total([group for group in groups if by(group) == name])) for name in names]
    return sorted(summed, key=lambda item: (-item[1].tokens, [part or "" for part in item[0]]))


def _total(groups: Sequence[Group]) -> Group:
    counts = {n: sum(getattr(g, n) for g in groups) for n in ("documents", "rows", "bytes", "tokens")}
    return Group(source="", license="", **counts)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curation_lib.export", ""),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # Markdown, not HTML: `cell` keeps names from breaking tables
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "cell": _cell,
        "count": "{:,}".format,
        "share": _share,
        "json": _json,
        "ratio": _ratio,
    }
    return environment.get_template("card.md.j2")


def _cell(value: object) -> str:
    """Text that stays within its table cell and is not taken for HTML."""
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "–"


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "–"


def _json(value: object) -> str:
    """A setting as written in JSON, in a code span that holds any back-tick."""
    text = orjson.dumps(value).decode().replace("|", "\\|")
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"
