"""True rewrites of a passage, by templates: the same facts in other sentences, order and forms.

Deterministic by seed. What a sentence goes through: number formats, synonyms, contractions, clauses in other order,
active to passive; then a form: prose in other order, list, questions with answers, table, summary.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

SYNONYMS = {
    "use": "employ", "uses": "employs", "used": "employed", "using": "by means of", "however": "but then",
    "allows": "lets", "also": "as well", "because": "since", "before": "prior to", "begin": "start",
    "begins": "starts", "big": "large", "large": "big", "currently": "at present", "default": "standard",
    "different": "distinct", "each": "every", "easy": "simple", "ensure": "make sure", "entire": "whole",
    "example": "instance", "fast": "quick", "following": "next", "get": "obtain", "gets": "obtains",
    "give": "hand over", "helps": "assists", "important": "crucial", "includes": "comprises", "include": "comprise",
    "increase": "rise", "instead": "in its place", "keep": "retain", "list": "enumeration", "make": "produce",
    "makes": "produces", "many": "a lot of", "may": "might", "method": "way", "must": "has to", "need": "require",
    "needs": "requires", "new": "fresh", "number": "count", "often": "frequently", "only": "solely", "part": "piece",
    "people": "persons", "possible": "feasible", "problem": "issue", "provides": "offers", "provide": "offer",
    "purpose": "aim", "receive": "get", "receives": "gets", "remove": "take away", "removed": "taken away",
    "requires": "demands", "require": "demand", "result": "outcome", "results": "outcomes", "returns": "gives back",
    "same": "identical", "several": "a few", "should": "ought to", "show": "display", "shows": "displays",
    "similar": "alike", "since": "as", "some": "certain", "specified": "given", "specify": "state",
    "start": "begin", "such as": "like", "sure": "certain", "therefore": "so", "usually": "as a rule",
    "value": "setting", "very": "highly", "way": "manner", "whole": "entire", "work": "labor", "works": "functions",
    "written": "composed", "approximately": "about", "about": "roughly", "additional": "further", "available": "at hand",
    "contains": "holds", "contain": "hold", "created": "made", "creates": "makes", "defined": "set out",
    "described": "laid out", "error": "fault", "every": "each", "found": "located", "just": "merely",
    "main": "chief", "more than": "over", "when": "whenever", "whether": "if", "wants": "wishes", "want": "wish",
}  # fmt: skip
PLAIN = frozenset(
    "the a an this that these it we if when although because since while which any every some thus today let say what "
    "how where there here they you he she both all no in on at for by to as so such then now after before during".split()
) | {word.split(" ")[0] for pair in SYNONYMS.items() for word in pair}
"""Words whose capital letter at the head of a sentence is none within it."""
CONTRACTIONS = {
    "do not": "don't", "does not": "doesn't", "is not": "isn't", "are not": "aren't", "cannot": "can't",
    "don't": "do not", "doesn't": "does not", "isn't": "is not", "aren't": "are not", "can't": "cannot",
    "it's": "it is", "it is": "it's", "we've": "we have", "you'll": "you will", "won't": "will not", "we're": "we are",
}  # fmt: skip
DIGITS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
PASSIVE = {
    "returns": "is returned by", "uses": "is used by", "requires": "is required by", "supports": "is supported by",
    "provides": "is provided by", "contains": "is contained in", "creates": "is created by", "defines": "is defined by",
    "describes": "is described by", "represents": "is represented by", "reduces": "is reduced by",
}  # fmt: skip
VERBS = (
    "is|are|was|were|has|have|had|can|could|will|would|must|may|might|should|does|do|did|uses|use|returns|provides|"
    "contains|defines|supports|requires|allows|creates|includes|makes|means|specifies|represents|describes|began|"
    "became|joined|started|released|introduced|launched"
)
_END = re.compile(
    r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.)(?<! U\.S\.)(?<!St\.)(?<!Dr\.)(?<!p\.m\.)(?<!a\.m\.)\s+(?=[\"“(*`]*[A-Z0-9])"
)
_SUBJECT = re.compile(rf"^(?P<subject>(?:[^\s,;:()]+ ){{1,7}}?)(?P<verb>{VERBS}) (?P<rest>.+)$")
_SIMPLE = re.compile(
    rf"^(?P<s>(?:[^\s,;:()]+ ){{1,4}})(?P<v>{'|'.join(PASSIVE)}) (?P<o>(?:an?|the|its|all|\d+) [^,;:()]+?)\.$"
)
_FRONT = re.compile(r"^(?P<head>(?:If|When|Although|Because|Since|While) [^,]{8,90}), (?P<tail>[^,;]{8,200})\.$")
_FACT = re.compile(r"\d|(?<=[a-z,] )[A-Z]|[a-z][A-Z]")
_PART = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_QUANTITY = re.compile(r"(?<![\w.,$-])(\d[\d,.]*\d|\d) ((?:[a-z]+ )?[a-z]{3,}s)\b")


def sentences(text: str) -> list[str]:
    """The text's sentences and list items, without the items' marks."""
    lines = [_PART.sub("", line).strip() for line in text.split("\n")]
    return [one.strip() for line in lines for one in _END.split(line) if len(one.strip()) > 20]


def _keeping_case(found: str, other: str) -> str:
    return other[0].upper() + other[1:] if found[0].isupper() else other


def _replaced(sentence: str, words: dict[str, str], share: float, draw: random.Random) -> str:
    def one(match: re.Match[str]) -> str:
        if match.start() and match[0][0].isupper():  # within a sentence: a name, as in May 2024
            return match[0]
        return _keeping_case(match[0], words[match[0].lower()]) if draw.random() < share else match[0]

    joined = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.sub(rf"(?<![\w`*.'’/-])(?:{joined})(?![\w`*'’/-])", one, sentence, flags=re.I)


def renumbered(sentence: str, draw: random.Random) -> str:
    """The same numbers in other figures: 1,000 and 1000, % and percent, 3 and three."""
    if draw.random() < 0.5:
        sentence = re.sub(r"(?<![\w.,])(\d{1,3})((?:,\d{3})+)(?![\w.,]*\d)", lambda m: m[0].replace(",", ""), sentence)
    else:
        sentence = re.sub(r"(?<![\w.,:#-])(\d{2,3})(\d{3})(?![\w.,:]|-\d)", r"\1,\2", sentence)
    sentence = re.sub(r"(?<=\d)%", " percent", sentence) if draw.random() < 0.5 else sentence
    written = r"(?<![\w.,:$#/+*=^-])(?<![A-Z]\w )([2-9]|1[0-2])(?= [a-z]{4,}s\b)"
    return re.sub(written, lambda m: DIGITS[int(m[1]) - 2], sentence) if draw.random() < 0.6 else sentence


def reworded(sentence: str, draw: random.Random) -> str:
    """The sentence in other words and order."""
    sentence = re.sub(r"(?<!\w)\*\*(\w[^*]*?)\*\*(?!\w)", r"\1", sentence)
    if found := _SIMPLE.match(sentence):
        sentence = f"{found['o'][0].upper()}{found['o'][1:]} {PASSIVE[found['v']]} {_lowered(found['s'].strip())}."
    elif found := _FRONT.match(sentence):
        sentence = f"{found['tail'][0].upper()}{found['tail'][1:]} {_lowered(found['head'])}."
    sentence = renumbered(sentence, draw)
    return _replaced(_replaced(sentence, SYNONYMS, 0.6, draw), CONTRACTIONS, 0.8, draw)


def _lowered(words: str) -> str:
    """With a small first letter where the word is no name."""
    first = words.split(" ")[0].lower()
    return words[0].lower() + words[1:] if first in PLAIN else words


def prose(parts: list[str], draw: random.Random) -> str:
    draw.shuffle(parts)
    return " ".join(reworded(one, draw) for one in parts)


def summary(parts: list[str], draw: random.Random) -> str:
    """Sentences with facts, without what stands in brackets and without asides."""
    kept = [one for one in parts if _FACT.search(one)][: max(3, len(parts) // 2)]
    short = [re.sub(r"\s*\([^()]*\)", "", re.sub(r", (?:which|who|where) [^,.]*,", "", one)) for one in kept]
    return "In short: " + " ".join(reworded(one, draw) for one in short)


def bullets(parts: list[str], draw: random.Random) -> str:
    draw.shuffle(parts)
    return "Key points:\n" + "\n".join("- " + reworded(one, draw).rstrip(".") for one in parts)


def table(parts: list[str], draw: random.Random) -> str:
    rows = [found for one in parts if (found := _SUBJECT.match(reworded(one, draw)))]
    if len(rows) < 2:
        return bullets(parts, draw)
    cells = [
        f"| {row['subject'].strip()} | {row['verb']} {row['rest'].rstrip('.').replace('|', '/')} |" for row in rows
    ]
    return "\n".join(["| Subject | Statement |", "|---|---|", *cells])


def questions(parts: list[str], draw: random.Random) -> str:
    pairs = [pair for one in parts if (pair := _pair(reworded(one, draw), draw))]
    return "\n\n".join(f"Question: {q}\nAnswer: {a}" for q, a in pairs) or bullets(parts, draw)


def _pair(sentence: str, draw: random.Random) -> tuple[str, str] | None:
    if (found := _QUANTITY.search(sentence)) and draw.random() < 0.6:
        before = re.sub(r"\W+$", "", sentence[: found.start()]).split(" ")[-6:]
        after = re.sub(r"^\W+|\W+$", "", sentence[found.end() :]).split(" ")[:6]
        place = " … ".join(part for part in (" ".join(before), " ".join(after)) if part)
        return f"How many {found[2]} are there, according to “{place}”?", f"{found[1]} {found[2]}."
    if found := _SUBJECT.match(sentence):
        subject = _lowered(found["subject"].strip())
        return f"What does the text say about {subject}?", f"{found['subject'].strip()} {found['verb']} {found['rest']}"
    return None


FORMS: dict[str, Callable[[list[str], random.Random], str]] = {
    "prose": prose, "summary": summary, "list": bullets, "table": table, "diverse_qa": questions,
}  # fmt: skip


def rewrite(text: str, form: str, seed: int) -> str:
    """A rewrite of a passage in one of FORMS."""
    draw = random.Random(f"{form} {seed}")
    parts = sentences(text)
    first = draw.randrange(max(1, len(parts) - 7))
    return FORMS[form](parts[first : first + draw.randint(4, 8)], draw)
