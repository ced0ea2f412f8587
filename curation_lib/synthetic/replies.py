"""What a model wraps around a document: thoughts, greetings, closing words and fences go; a refusal is recognised.

The phrases of ten languages stand in `reply_phrases.yaml`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml

from curation_lib.core.errors import WinnowError

NOTHING = "NONE"
"""What a prompt tells the model to answer where the text does not hold enough for the document."""
_GREETING = 80
"""Characters; a longer first line is taken for the document's."""
_THOUGHT = re.compile(r"\A\s*(?:<think>)?(?:(?!<think>).)*?</think>", re.DOTALL)
"""Where a chat template opens the thought, the output only closes it."""
_FENCE = re.compile(r"\A```(?:markdown|md|text|json)\s*\n(.*?)\n?```\s*\Z", re.DOTALL)


class Unparsed(WinnowError):
    """An output that is not a document of its form; `reason` says what is wrong with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Unparsed):
    """The model declines, or says that the text does not hold enough."""


def bare(output: str) -> str:
    """The output without thoughts, greeting, closing words and a fence around all of it, stripped.

    Raises Refused for a refusal and for NOTHING, Unparsed where nothing is left.
    """
    text = _THOUGHT.sub("", output).replace("\r\n", "\n").strip()
    text = _without_greeting(text)
    text = _pattern("closes").sub("", "\n" + text).strip()
    if fenced := _FENCE.match(text):
        text = fenced.group(1).strip()
    if text.strip(" .*`\"'").upper() == NOTHING:
        raise Refused("the model says that the text does not hold enough")
    if found := _pattern("refuses").match(_pattern("agrees").sub("", text, count=1)):
        raise Refused(f"refusal: {' '.join(found.string[: found.end() + 60].split())}")
    if not text:
        raise Unparsed("empty")
    return text


def _without_greeting(text: str) -> str:
    """A line that introduces the document goes, with `Sure!` before it or not; a short line `Sure, gladly!`, too."""
    agreed = _pattern("agrees").sub("", text, count=1)
    shown = _pattern("shows").sub("", agreed, count=1)
    if shown != agreed:
        return shown.strip()
    line, _, rest = text.partition("\n")
    short = len(line) <= _GREETING and line.rstrip().endswith((":", "!", "：", "！", ".", "。"))
    return rest.strip() if rest.strip() and short and _pattern("greets").match(line) else text


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    """What matches a greeting, an introduction, closing words or a refusal."""
    phrases = yaml.safe_load(files("curation_lib.synthetic").joinpath("reply_phrases.yaml").read_bytes())
    one = {name: "|".join(by_language.values()).replace("'", "['’]") for name, by_language in phrases.items()}
    patterns = {
        "agrees": rf"\A(?:{one['agrees']})(?:\s*[,.!:，。！、：]\s*|\s+)",
        "greets": rf"\A(?:{one['agrees']})\s*[,.!:，。！、：]",
        "shows": rf"\A(?:{one['shows']})[^\n]{{0,200}}?[:：]\s*(?:\n|\Z)",
        "closes": rf"\n\s*(?:{one['closes']})[^\n]*\s*\Z",
        "refuses": rf"\A(?:(?:{one['sorry']})[^\n]{{0,30}}?(?:{one['cannot']})|{one['refuses']})",
    }
    return re.compile(patterns[kind], re.IGNORECASE)
