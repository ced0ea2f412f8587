"""The picture of a mix: tokens by source and by language, first reading and repeats, natural and synthetic.

An SVG that needs nothing beside it and is the same bytes for the same facts. It brings its own ground, light or dark as
the reader's machine asks, so that it can be read on any page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import jinja2

from curation_lib.export.facts import MixFacts, MixGroup

PICTURE = "mix.svg"
"""What the file beside a card is called."""
SHOWN = 12
"""Sources or languages with a bar of their own; what is smaller is one bar."""
LEFT, WIDE, ROW, TOP, HEAD = 190, 340, 26, 84, 24
"""Where bars begin, how long the longest is, a row's height, where the first panel begins, the height of a panel's
heading; in pixels of 760."""


class Bar(NamedTuple):
    """One row. first, again, made: lengths in pixels of natural text read once, its repeats, and synthetic text."""

    label: str
    y: int
    first: float
    again: float
    made: float
    value: str

    @property
    def end(self) -> float:
        """Where the number behind the bar begins."""
        return LEFT + self.first + self.again + self.made + 8


class Panel(NamedTuple):
    """A heading with its bars."""

    title: str
    y: int
    bars: list[Bar]


def picture(title: str, facts: MixFacts) -> str:
    """mix.svg of one phase."""
    panels = [_panel("By source", facts, lambda group: group.source, TOP)]
    panels.append(_panel("By language", facts, lambda group: group.language, _below(panels[0])))
    return _template().render(
        title=title, facts=facts, panels=panels, height=_below(panels[1]) - 12, left=LEFT, told=told(facts)
    )


def told(facts: MixFacts) -> str:
    """The mix in one line."""
    parts = [f"{facts.tokens:,} tokens"]
    if facts.budget is not None:
        parts[0] += f" of {facts.budget:,}"
    parts.append(f"worth {facts.effective_tokens:,} new ones")
    parts.append(f"{facts.rows:,} rows of {facts.documents:,} documents")
    return f"{' · '.join(parts)} · bound by {facts.binds}"


def _panel(title: str, facts: MixFacts, by: Callable[[MixGroup], str], y: int) -> Panel:
    rows = _largest([group for group in facts.groups if group.tokens], by)
    longest = max((sum(group.tokens for group in groups) for _, groups in rows), default=1)
    bars = [_bar(label, groups, facts.tokens, longest, y + HEAD + ROW * n) for n, (label, groups) in enumerate(rows)]
    return Panel(title, y, bars)


def _largest(groups: Sequence[MixGroup], by: Callable[[MixGroup], str]) -> list[tuple[str, list[MixGroup]]]:
    """Groups by name, most tokens first; from SHOWN on together."""
    found: dict[str, list[MixGroup]] = {}
    for group in groups:
        found.setdefault(by(group), []).append(group)
    ordered = sorted(found.items(), key=lambda item: (-sum(group.tokens for group in item[1]), item[0]))
    rest = ordered[SHOWN:]
    if not rest:
        return ordered
    return [*ordered[:SHOWN], (f"{len(rest)} others", [group for _, some in rest for group in some])]


def _bar(label: str, groups: Sequence[MixGroup], total: int, longest: int, y: int) -> Bar:
    tokens, made = (sum(group.tokens for group in some) for some in (groups, [g for g in groups if g.synthetic]))
    first = sum(group.unique_tokens for group in groups if not group.synthetic)
    held = sum(group.tokens_held for group in groups)
    lengths = [WIDE * part / longest for part in (first, tokens - made - first, made)]
    value = f"{short(tokens)}  ·  {100 * tokens / total:.1f} %  ·  {tokens / held:.2f} epochs"
    return Bar(label, y, lengths[0], lengths[1], lengths[2], value)


def short(number: int) -> str:
    """A number in three digits with k, M, B (thousand millions) or T; below ten thousand as it is."""
    if number < 10_000:
        return f"{number:,}"
    thousands = min((len(str(number)) - 1) // 3, 4)
    value = number / 1000**thousands
    digits = max(0, 3 - len(str(int(value))))
    return f"{value:,.{digits}f}{' kMBT'[thousands]}"


def _below(panel: Panel) -> int:
    return panel.y + HEAD + ROW * max(1, len(panel.bars)) + 30


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curation_lib.export", ""),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["px"] = _pixels
    return environment.get_template("mix.svg.j2")


def _pixels(value: Any) -> str:
    return f"{value:.1f}"
