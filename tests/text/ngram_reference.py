"""Back-off n-gram scores and folded text in plain Python, from their definitions: what the kernels must equal."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from curation_lib.text.codepoints import UNSPACED
from curation_lib.text.folded_text import LINES, RELATIVES

RELATIVE = {sign: relative for relative, signs in RELATIVES.items() for sign in signs}
Weights = Mapping[tuple[str, ...], tuple[float, float]]
"""log10 probability and back-off weight of each n-gram."""


def read_arpa(text: str) -> tuple[int, Weights]:
    """Order and n-grams of an ARPA text."""
    order, out = 0, {}
    for line in text.split("\n"):
        if line.startswith("\\"):
            order = int(line[1 : line.index("-")]) if "-grams" in line else order
        elif order and line.strip():
            fields = line.split()
            out[tuple(fields[1 : order + 1])] = (
                float(fields[0]),
                float(fields[order + 1]) if fields[order + 1 :] else 0.0,
            )
    return order, out


def word_score(context: Sequence[str], word: str, weights: Weights) -> float:
    """log10 of p(word | context): the longest n-gram's, with the weights of the contexts that it lacks."""
    ngram = (*context, word)
    if ngram in weights:
        return weights[ngram][0]
    if not context:
        return weights.get(("<unk>",), (-100.0, 0.0))[0]
    return weights.get(tuple(context), (0.0, 0.0))[1] + word_score(context[1:], word, weights)


def text_score(text: str, order: int, weights: Weights, lines: bool = True) -> tuple[float, int]:
    """Sum of the log10 probabilities and the number of tokens, ends included."""
    pieces = [text] if not lines else text.encode().split(b"\n")
    found = [p.encode().split() if isinstance(p, str) else p.split() for p in pieces]
    sentences = [[w.decode() for w in words] for words in found if words] or [[]]
    total, tokens = 0.0, 0
    for words in sentences:
        known = [w if (w,) in weights else "<unk>" for w in words]
        stream = ["<s>", *known, "</s>"]
        for i in range(1, len(stream)):
            total += word_score(stream[max(0, i - order + 1) : i], stream[i], weights)
            tokens += 1
    return total, tokens


def folded(text: str) -> str:
    """The folded text, character by character."""
    lines: list[list[str]] = [[]]
    open_word = takes_marks = False  # the last token takes letters, marks
    for char in text:
        category = unicodedata.category(char)
        if char in LINES:
            lines.append([])
            open_word = takes_marks = False
        elif char.isspace():
            open_word = takes_marks = False
        elif category[0] == "C":
            continue
        elif category[0] == "M":
            if takes_marks and lines[-1]:
                lines[-1][-1] += char.lower()[0]
            else:
                lines[-1].append(char.lower()[0])
                open_word = takes_marks = True
        elif category[0] in "LN" or char == "_":
            written = "0" if category == "Nd" else char.lower()[0]
            alone = any(a <= ord(char) <= b for a, b in UNSPACED) and (category[0] == "L" or category == "Nl")
            if open_word and not alone:
                lines[-1][-1] += written
            else:
                lines[-1].append(written)
            open_word, takes_marks = not alone, True
        else:
            lines[-1].append(RELATIVE.get(char, char))
            open_word = takes_marks = False
    return "\n".join(" ".join(line) for line in lines if line)
