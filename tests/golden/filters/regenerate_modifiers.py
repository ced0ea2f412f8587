"""Writes the golden texts of the modifiers with the peers' own functions. Run by hand, from the root, in the
environments that regenerate.py and regenerate_dialects.py describe:

    PYTHON -m tests.golden.filters.regenerate_modifiers {curator,dolma,datatrove,dclm} DATA

Per document and chain a hash of the text that is left, 0 for none. DCLM cannot be installed: its chains are those of
tests/text/modifier_reference.py. Of NeMo Curator only the modules with modifiers are loaded, for the package wants Ray.
Dolma's tagger names spans, which its mixer takes out. It counts them in the lower-cased text, so that all behind a
capital dotted I, which is two characters there, are out of place: it is given a plain one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tests.golden.filters.dialect_scores import key
from tests.golden.filters.modifier_chains import CHAINS, LINES, chosen_documents, text_hash
from tests.text import modifier_reference as reference

Chains = dict[str, Callable[[str], str]]
CURATOR = ("nemo_curator", "nemo_curator.stages", "nemo_curator.stages.text", "nemo_curator.stages.text.modifiers")


def curator() -> Chains:
    for name in CURATOR:
        above, _, last = name.rpartition(".")
        package = ModuleType(name)
        spec = find_spec(name) if not above else None
        places = spec.submodule_search_locations if spec else [f"{sys.modules[above].__path__[0]}/{last}"]
        package.__path__ = list(places or ())
        sys.modules[name] = package
    string: Any = import_module("nemo_curator.stages.text.modifiers.string")
    chains = {
        "urls": string.UrlRemover().modify_document,
        "markdown": string.MarkdownRemover().modify_document,
        "quotation": string.QuotationRemover().modify_document,
        "newlines": string.NewlineNormalizer().modify_document,
        "boilerplate_paragraphs": string.BoilerPlateStringModifier().modify_document,
        "lines": string.LineRemover(list(LINES)).modify_document,
    }
    order = CHAINS["curator"]["all"][1]["modifiers"]
    return {**chains, "all": reference.chained(*(chains[name] for name in order))}


def dolma() -> Chains:
    from dolma.core.data_types import Document
    from dolma.taggers.c4 import FasterC4Tagger

    tagger = FasterC4Tagger()

    def c4(text: str) -> str:
        spans = tagger.predict(Document(source="", version="", id="", text=text.replace("İ", "I"))).spans
        gone = {i for span in spans if span.type.startswith("lines_") for i in range(span.start, span.end)}
        return "".join(char for i, char in enumerate(text) if i not in gone)

    return {"c4": c4}


def datatrove() -> Chains:
    from datatrove.pipeline.formatters import SymbolLinesFormatter

    return {"symbol_lines": SymbolLinesFormatter().format}


def dclm() -> Chains:
    def most_kept(text: str) -> str:
        left = reference.DCLM_REFINEDWEB(text)
        return left if reference.removed_ratio(text, left) <= 0.05 else ""

    return {
        "refinedweb": reference.DCLM_REFINEDWEB,
        "refinedweb_5": most_kept,
        "c4": reference.DCLM_C4,
        "newlines": reference.dclm_newlines,
        "repeated_lines": reference.dclm_repeated("\n"),
        "repeated_paragraphs": reference.dclm_repeated("\n\n"),
    }


def main(peer: str, data: Path) -> None:
    chains = {"curator": curator, "dolma": dolma, "datatrove": datatrove, "dclm": dclm}[peer]()
    ids, hashes = [], []
    for identity, text in chosen_documents(data):
        ids.append(key(identity, text))
        hashes.append([text_hash(chain(text)) for chain in chains.values()])
    path = Path(__file__).parent / f"modifiers_{peer}.npz"
    np.savez_compressed(
        path, ids=np.array(ids, np.uint64), chains=np.array(list(chains)), hashes=np.array(hashes, np.uint64)
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
