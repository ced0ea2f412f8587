"""Words in the forms they are compared by: without case, accents, plural and possessive, and without endings."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ENDINGS = re.compile(
    r"(?:isations?|izations?|ational|ations?|itions?|ements?|ments?|ings?|edly|ed|ers?|ors?|ably|ibly|able|ible|ities"
    r"|ity|ness|ions?|ive|ives|ally|ly|ies|es|s|al|e|y)$"
)
_LEAST = 4
"""Letters that an ending must leave."""
_SIGNS = re.compile(r"[\W_]+")


@lru_cache(65536)
def folded(word: str) -> str:
    """Lower case without accents; compatibility forms as the plain letters."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


@lru_cache(65536)
def name_form(name: str) -> str:
    """A name as it is looked for: folded, without possessive, plural and signs: `Utf-8's` is `utf8`."""
    plain = re.sub(r"['’]s?$", "", folded(name))
    return singular(_SIGNS.sub("", plain))


@lru_cache(65536)
def stem(word: str) -> str:
    """A word as context: folded, with its ending off, so that `deprecated` and `deprecation` are one."""
    plain = _SIGNS.sub("", re.sub(r"['’]s?$", "", folded(word)))
    cut = _ENDINGS.sub("", plain)
    return cut if len(cut) >= _LEAST else singular(plain)


def singular(word: str) -> str:
    """Without a plural's `s`; `ies` is `y`."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
