"""What a build's generator was asked, what of its answers stayed and why the others went, what a token of them cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from curation_lib.audit.builds import BuildRecord, Step, find_build
from curation_lib.audit.generated import Child, Generation, generations
from curation_lib.audit.queries import Books, books
from curation_lib.audit.shift import shift
from curation_lib.core.contract import SYNTHETIC
from curation_lib.runner.store import Store

Report = dict[str, Any]
_TEXTS = ("doc_id", "text", "metadata['synthetic_seed_text'] AS seed", "metadata['synthetic_raw'] AS raw",
          "metadata['synthetic_detail'] AS detail")  # fmt: skip


def synthetic(store: Store, build: str, examples: int = 3) -> Report:
    """`corpus`, `build`, and per generating step, in order:

    `requests`, `accepted`, prompt and completion `tokens`, `cost` (the recipe's unit of money, null without prices),
    per accepted token too; `forms`: the same by form, with `rules`, how many each took; `examples`: per form so many
    accepted, per rule so many rejected, each with `source`, `output` and the ledger's verdict; `shift`: see shift.py.
    `phases`: documents, tokens and share of tokens that are synthetic in each export.
    Raises ConfigError where the build generated nothing.
    """
    return synthetic_of(store, find_build(store, build), examples)


def synthetic_of(store: Store, record: BuildRecord, examples: int) -> Report:
    """The same of a build that is known."""
    steps = record.steps(store)
    with books(store) as open_books:
        told = [_step(open_books, one, examples) for one in generations(open_books, record, steps)]
    return {"corpus": record.corpus, "build": record.build_id, "steps": told, "phases": _phases(steps)}


def _step(open_books: Books, made: Generation, examples: int) -> Report:
    names = sorted({child.asked["form"] for child in made.children})
    by_form = {name: [child for child in made.children if child.asked["form"] == name] for name in names}
    return {
        "step": made.step.id,
        "models": dict(sorted(Counter(child.asked["model"] for child in made.children).items())),
        **_counts(made, made.children),
        "forms": [{"form": name, **_counts(made, children)} for name, children in by_form.items()],
        "examples": _examples(open_books, made, examples),
        "shift": shift(open_books, made),
    }


def _counts(made: Generation, children: Sequence[Child]) -> Report:
    accepted = [child for child in children if child.accepted]
    tokens = sum(child.asked["completion_tokens"] for child in accepted)
    cost = made.cost(children) if made.settings.get("price_in") or made.settings.get("price_out") else None
    return {
        "requests": len(children),
        "accepted": len(accepted),
        "rules": dict(sorted(Counter(child.rule for child in children if child.rule).items())),
        "prompt_tokens": sum(child.asked["prompt_tokens"] for child in children),
        "completion_tokens": sum(child.asked["completion_tokens"] for child in children),
        "accepted_tokens": tokens,
        "cost": cost,
        "cost_per_accepted_token": cost / tokens if cost is not None and tokens else None,
    }


def _examples(open_books: Books, made: Generation, most: int) -> Report:
    """The smallest doc_ids of each form, and of each rule."""
    accepted = _first(made.children, most, lambda child: child.asked["form"] if child.accepted else None)
    rejected = _first(made.children, most, lambda child: child.rule or None)
    texts = _texts(open_books, made, [child.asked["doc_id"] for child in (*accepted, *rejected)])
    return {
        "accepted": [_example(child, texts) for child in accepted],
        "rejected": [_example(child, texts) for child in rejected],
    }


def _first(children: Iterable[Child], most: int, kind: Any) -> list[Child]:
    taken: Counter[str] = Counter()
    found = []
    for child in children:
        name = kind(child)
        if name is not None and taken[name] < most:
            taken[name] += 1
            found.append((name, child))
    return [child for _, child in sorted(found, key=lambda pair: pair[0])]


def _texts(open_books: Books, made: Generation, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    if not ids:
        return {}
    where = f"doc_id IN ({', '.join('?' * len(ids))})"
    rows = open_books.rows(made.step.manifest.parts(), where, ids, columns=_TEXTS)
    return {row["doc_id"]: row for row in rows}


def _example(child: Child, texts: dict[str, dict[str, Any]]) -> Report:
    text = texts[child.asked["doc_id"]]
    drop = child.drop or {}
    return {
        **{name: child.asked[name] for name in ("doc_id", "source_id", "parents", "form", "model", "outcome")},
        "source": text["seed"],
        "output": text["text"] or text["raw"] or "",
        "detail": text["detail"],
        "verdict": child.rule or "accepted",
        **{name: drop.get(name) for name in ("score", "threshold", "evidence")},
    }


def _phases(steps: Sequence[Step]) -> list[Report]:
    told = []
    for step in (step for step in steps if step.kind == "export"):
        groups = step.manifest.facts["composition"]
        made = [group for group in groups if group["format"] == SYNTHETIC]
        tokens, every = (sum(group["tokens"] for group in some) for some in (made, groups))
        documents = sum(group["documents"] for group in made)
        share = tokens / every if every else 0.0
        told.append({"phase": step.manifest.facts["phase"], "documents": documents, "tokens": tokens, "share": share})
    return told
