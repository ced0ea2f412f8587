"""Which tokenizer splits a language's words where datatrove's words are wanted exactly: spaCy's blank pipelines.

datatrove 0.10 assigns one to every language; where a language has none of its own, a cousin's. Languages to which it
assigns another library (Chinese, Japanese, Thai, Korean, Hindi...) are not offered.
"""

from __future__ import annotations

from curation_lib.core.errors import ContractError

DEFAULT = "en"
"""Of documents whose language is undetermined: datatrove's filters are English where they are told nothing."""

_OWN = (
    "af am ar bg ca cs da de dsb el en es et eu fa fi fo fr ga he hr hsb hu hy id is it ky la lb lg lt lv mk nb nl pl "
    "pt ru sk sl sq sr sv ti tn tr tt uk yo"
)
_LENT = {
    "ar": "arz",
    "az": "ay",
    "de": "bar",
    "en": "frr fy sco",
    "es": "an ast co mwl oc sc",
    "fa": "az azb",
    "fi": "vep",
    "fr": "rm wa",
    "it": "nap scn",
    "lb": "pfl",
    "lg": "rn rw",
    "lij": "lmo pms vec",
    "ms": "ch fj ilo jv mg mh mi pam sm su to ty",
    "nb": "nn no",
    "nl": "li nds vls",
    "ru": "rue",
    "sq": "als",
    "sr": "bs sh",
    "tl": "bcl ceb war",
    "tn": "ee hz ig kg ki kj ln lu nd ng nr ny sn ss st sw ts ve xh zu",
    "tt": "ba",
    "xx": "ab ak av bm cbk ce cv eml eo gn ha ho ht ia ie ik io jbo kl kv lez mhr ml mrj nah nv om os qu ro sah sg so "
    "ta te tg tw tyv vo za",
}
"""spaCy's code -> languages that datatrove gives to it."""

TOKENIZERS = {code: code for code in _OWN.split()} | {c: lent for lent, codes in _LENT.items() for c in codes.split()}
"""Code that the identifier gives a document's language -> code of spaCy's blank pipeline."""


def tokenizer_code(language: str | None) -> str:
    """The pipeline that splits `language` (null: English). Raises ContractError where datatrove takes another
    library than spaCy."""
    if language is None:
        return DEFAULT
    if language not in TOKENIZERS:
        raise ContractError(
            f"exact: true has no words of language {language!r}, which spaCy does not split; drop it in an earlier "
            "block (filters.language), or set exact: false"
        )
    return TOKENIZERS[language]
