"""The two sets that the faithfulness rules are held against, by part (`tune`, `held_out`)."""

from __future__ import annotations

import random
from functools import cache
from typing import NamedTuple

from tests.synthetic.passages import passages
from tests.synthetic.planting import KINDS, Planted, plant
from tests.synthetic.rewriting import FORMS, rewrite
from tests.synthetic.written import WRITTEN


class Rewrite(NamedTuple):
    """A true rewrite. `form`: one of FORMS, or `written` by hand."""

    source: str
    text: str
    form: str


class Fault(NamedTuple):
    source: str
    form: str
    planted: Planted


@cache
def rewrites(part: str) -> tuple[Rewrite, ...]:
    """Every passage in three forms, by templates."""
    names = list(FORMS)
    made = []
    for n, one in enumerate(passages(part)):
        for form in (names[n % 5], names[(n + 1) % 5], names[(n + 3) % 5]):
            made.append(Rewrite(one["text"], rewrite(one["text"], form, n), form))
    return tuple(made)


@cache
def written(part: str) -> tuple[Rewrite, ...]:
    """The paraphrases written by hand."""
    texts = {one["id"]: one["text"] for one in passages(part)}
    return tuple(Rewrite(texts[name], text, "written") for name, text in WRITTEN if name in texts)


@cache
def faults(part: str) -> tuple[Fault, ...]:
    """Rewrites, written ones among them, with one fault each: two kinds per rewrite where it has a place for them."""
    all_texts = [one["text"] for one in passages(part)]
    made = []
    for n, one in enumerate((*rewrites(part), *written(part))):
        draw = random.Random(n)
        other = all_texts[(n * 7 + 3) % len(all_texts)]
        kinds = ["unit_swapped", KINDS[n % 4], KINDS[(n + 1) % 4]]
        found = [p for kind in kinds if (p := plant(one.text, one.source, other, kind, draw))]
        made += [Fault(one.source, one.form, p) for p in found[:2]]
    return tuple(made)
