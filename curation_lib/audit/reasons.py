"""Reason codes in plain words: what of a text adds to its density or takes from it, and why a score is missing."""

from __future__ import annotations

from typing import Any

from curation_lib.text.density_signals import MERITS

WORDS = {
    "surprisal": ("text less predictable than usual", "text more predictable than usual"),
    "rare_words": ("rarer words than usual", "commoner words than usual"),
    "content_words": ("more of the words carry meaning", "fewer of the words carry meaning"),
    "new_words": ("more new words in a sentence", "fewer new words in a sentence"),
    "names": ("more names, acronyms and identifiers", "fewer names, acronyms and identifiers"),
    "numbers": ("more numbers and units", "fewer numbers and units"),
    "first_person": ("more I, my, we and our", "less I, my, we and our"),
    "hedges": ("more hedges and filler", "less hedges and filler"),
    "promotion": ("more praise and invitation", "less praise and invitation"),
    "exclamations": ("more exclamation marks", "fewer exclamation marks"),
    "questions": ("more questions", "fewer questions"),
    "empty_sentences": ("more sentences that add nothing", "fewer sentences that add nothing"),
    "story": ("words more frequent in stories and talk", "words less frequent in stories and talk"),
    "compression": ("compresses unlike dense texts", "compresses like dense texts"),
    "length": ("long; an equally dense shorter text is preferred", "short; preferred to an equally dense longer text"),
}
"""Of each reason of `filters.density`: more of it than usual at the text's length, and less of it; of `length` itself,
longer than 2 kB and shorter."""

WITHOUT_SCORE = {
    "filters.classifier": "it is in none of the `languages`",
    "filters.density": "its language is not English, and the word lists are",
    "filters.coherence": "too few sentences, or no word returns: order says nothing of it",
    "filters.perplexity": "`models` has none for its language",
    "stop_words": "`stop_words` has no list for its language",
}
"""Why a score is null, by stage or by score."""


def why_null(stage: str, score: str) -> str:
    """Why a document may have no such score."""
    return WITHOUT_SCORE.get(score) or WITHOUT_SCORE.get(stage) or f"{stage} gave it none; its README says when"


def density_reasons(scores: dict[str, Any]) -> dict[str, Any]:
    """`bias` (log odds of a usual text) and `reasons`, what moves the score most first: `signal`, `adds`, `words`.

    `silent` names the signals that add nothing. The bias is what the score has beyond its signals, to the precision
    of a float32. Empty where the document has no density; a build of an older version has fewer signals.
    """
    if scores.get("density") is None:
        return {}
    adds = {name: scores[name] for name in WORDS if name in scores}
    moving = sorted((name for name in adds if adds[name]), key=lambda name: (-abs(adds[name]), name))
    return {
        "bias": scores["density"] - sum(adds.values()),
        "reasons": [{"signal": name, "adds": adds[name], "words": _words(name, adds[name])} for name in moving],
        "silent": [name for name in adds if not adds[name]],
    }


def _words(signal: str, adds: float) -> str:
    return WORDS[signal][(adds > 0) != (signal in MERITS)]
