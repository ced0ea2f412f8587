"""The scripts that languages are written in: those that lid.176 tells apart, by ISO 15924 code."""

from __future__ import annotations

_LATIN = (
    "af als an ast bar bcl br ca cbk ceb co cs cy da de diq dsb eml en eo es et eu fi fr frr fy ga gd gl gn gv hif hr "
    "hsb ht hu ia id ie ilo io is it jbo jv kw la lb li lmo lt lv mg min ms mt mwl nah nap nds nl nn no oc pam pfl pl "
    "pms pt qu rm ro sc scn sco sk sl so sq su sv sw tl tr vec vep vi vls vo wa war yo"
)
_OTHERS = {
    "Cyrl": "av ba be bg bxr ce cv krc kv ky lez mhr mk mn mrj myv os ru rue sah tg tyv uk xal",
    "Latn Cyrl": "bs sh sr tk tt uz",
    "Latn Arab": "ku",
    "Latn Cyrl Arab": "az kk",
    "Arab": "ar arz azb ckb fa lrc mzn pnb ps ug ur",
    "Arab Deva": "sd",
    "Deva": "bh dty hi mai mr ne new sa",
    "Deva Latn Knda": "gom",
    "Guru Arab": "pa",
    "Beng": "as bn bpy",
    "Hebr": "he yi",
    "Geor": "ka xmf",
    "Hani Bopo": "wuu yue zh",
    "Hani Hira Kana": "ja",
    "Hang Hani": "ko",
    "Ethi": "am",
    "Tibt": "bo",
    "Thaa": "dv",
    "Grek": "el",
    "Gujr": "gu",
    "Armn": "hy",
    "Khmr": "km",
    "Knda": "kn",
    "Laoo": "lo",
    "Mlym": "ml",
    "Mymr": "my",
    "Orya": "or",
    "Sinh": "si",
    "Taml": "ta",
    "Telu": "te",
    "Thai": "th",
}

LANGUAGE_SCRIPTS: dict[str, tuple[str, ...]] = {
    code: tuple(scripts.split()) for scripts, codes in {"Latn": _LATIN, **_OTHERS}.items() for code in codes.split()
}
"""Language code -> scripts. Romanised spellings of languages with a script of their own are not among them."""
