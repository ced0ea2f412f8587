"""Forms: what a model is asked, and that a parser takes whole documents of its form and nothing else."""

from __future__ import annotations

import json
import pickle
import string
import time
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.synthetic.arithmetic import equations
from curation_lib.synthetic.forms import BETWEEN, FORMS, LAYOUTS, Form, Refused, Unparsed, forms
from curation_lib.synthetic.replies import bare

SEED = "The ferry to Hollum leaves at 7.40 and carries 120 people."
TERSE = {
    "diverse_qa": "Q1: When does it leave?\nA1: At 7.40.\nQ2: Does it carry people?\nA2: Yes, 120.",
    "faq": "## 1. When does it leave?\nAt 7.40.\n## 2. How many fit?\nIt carries 120 people.",
    "table": "| Ferry | Value |\n| --- | --- |\n| Leaves | 7.40 |\n| Carries | 120 people |",
    "tutorial": "Title: How to cross\n1. Come before 7.40.\n2. Go on board.\n3. Get off at Hollum.",
    "knowledge_list": "1. The ferry goes to Hollum.\n2. It leaves at 7.40.\n3. It carries 120 people.",
    "wikipedia": "The ferry serves Hollum. It leaves at 7.40 and takes 120 people.",
    "summary": "A ferry for 120 people goes to Hollum.",
    "dialogue": "Student: Is there a ferry?\nTeacher: Yes.\nStudent: When does it leave?\nTeacher: At 7.40.",
    "math_problem": "Problem: 3 ferries carry 120 people each. How many is that?\nSolution: 3 * 120 = 360.\nAnswer: 360 people",
    "code_explanation": "```\nrotate daily\n```\nThe rule `rotate` has one word. It begins a file every day.",
}
GREETINGS = (
    "Sure, here is the document:\n\n", "Here's a summary of the text:\n", "Certainly!\n\n", "Okay, below is it:\n",
    "Natürlich! Hier ist der Text:\n\n", "Bien sûr ! Voici le texte :\n\n", "Claro, aquí tienes el texto:\n",
    "Certo! Ecco il testo:\n", "Natuurlijk, hier is de tekst:\n", "Конечно! Вот текст:\n\n", "当然，以下是文章：\n",
    "もちろんです。以下は本文です：\n", "<think>They want a text.\n\nHm.</think>\nSure thing! Here it is:\n",
)  # fmt: skip
REFUSALS = (
    "I'm sorry, but I can't assist with that.", "I’m sorry, but I can’t help.", "I cannot fulfil this request.",
    "As an AI language model, I do not have access to the text.", "Sorry, I am unable to do so.",
    "Unfortunately, I cannot write this.", "Sure! I can't do that.", "Es tut mir leid, aber ich kann dabei nicht helfen.",
    "Je suis désolé, mais je ne peux pas le faire.", "Lo siento, pero no puedo ayudar.", "Mi dispiace, ma non posso.",
    "Desculpe, mas não posso ajudar.", "Het spijt me, dat kan ik niet doen.", "К сожалению, я не могу помочь.",
    "抱歉，我无法提供。", "申し訳ありませんが、できません。", "The provided text does not contain enough information.",
    "NONE", "**None.**",
)  # fmt: skip
EVERY = pytest.mark.parametrize("form", forms().values(), ids=lambda form: form.name)


def reason(form: str, output: str) -> str:
    with pytest.raises(Unparsed) as found:
        forms()[form].parse(output)
    assert not isinstance(found.value, Refused)
    return found.value.reason


@EVERY
def test_a_document_is_read_in_every_wrapping(form: Form) -> None:
    document = form.parse(TERSE[form.name])
    for before in ("", *GREETINGS):
        for after in ("", "\n\nLet me know if you need more!", "\n\nIch hoffe, das hilft."):
            assert form.parse(before + TERSE[form.name] + after) == document
    assert form.parse(f"```markdown\n{TERSE[form.name]}\n```") == document


@EVERY
def test_an_answer_may_go_on_where_the_plain_prompt_ends(form: Form) -> None:
    prompt = form.prompt(SEED, chat=False)
    assert isinstance(prompt, str)
    assert prompt.endswith(form.lead)
    for output in (TERSE[form.name], *(output for _, output in form.examples)):
        assert output.startswith(form.lead)
        assert form.parse(output.removeprefix(form.lead)) == form.parse(output)


@EVERY
@pytest.mark.parametrize("said", REFUSALS)
def test_a_refusal_is_told_from_a_document(form: Form, said: str) -> None:
    with pytest.raises(Refused):
        form.parse(said)


@pytest.mark.parametrize("output", ["", "  \n", "Sure, here it is:", "```text\n\n```"])
@EVERY
def test_nothing_is_no_document(form: Form, output: str) -> None:
    with pytest.raises(Unparsed):
        form.parse(output)


@EVERY
def test_prompts(form: Form) -> None:
    plain, chat = form.prompt(SEED, chat=False), form.prompt(SEED, chat=True)
    assert isinstance(plain, str)
    assert isinstance(chat, list)
    assert plain.count(BETWEEN) == len(form.examples) + 1
    assert plain.count(SEED) == 1
    assert [m["role"] for m in chat] == ["system", *["user", "assistant"] * len(form.examples), "user"]
    assert chat[-1]["content"] == f"<text>\n{SEED}\n</text>"
    assert form.stops(chat=True) == ()
    assert len(form.stops(chat=False)) <= 4, "hosted servers take four"
    assert len(form.fingerprint) == 32
    assert form.version >= 1


@EVERY
def test_examples_would_pass_as_answers_and_are_not_stopped(form: Form) -> None:
    for source, output in form.examples:
        assert form.parse(output)
        assert not [stop for stop in form.stop if stop in output]
        assert len(output) / 3 < form.max_tokens
        assert BETWEEN not in source


@EVERY
def test_examples_use_numbers_of_their_text_only(form: Form) -> None:
    for source, output in form.examples:
        derived = {one.result for one in equations(output)}
        labels = set("123456") if form.name in ("diverse_qa", "faq", "tutorial", "knowledge_list") else set()
        assert digits(output) - labels <= digits(source) | derived


def parsed_or_why(form: str, output: str) -> str:
    """The document, or the reason why there is none."""
    try:
        return forms()[form].parse(output)
    except Unparsed as e:
        return e.reason


def digits(text: str) -> set[str]:
    return set("".join(c if c in string.digits else " " for c in text).split())


@EVERY
def test_structured_answers(form: Form) -> None:
    if form.schema is None:
        return
    messages = form.prompt(SEED, chat=True, structured=True)
    for (_, output), message in zip(form.examples, messages[2::2], strict=True):  # type: ignore[arg-type]
        assert form.parse(message["content"]) == form.parse(output)  # type: ignore[index]
        assert set(json.loads(message["content"])) == set(form.schema["required"])  # type: ignore[index]
    assert form.schema["additionalProperties"] is False
    whole = messages[2]["content"]  # type: ignore[index]
    assert "JSON" in reason(form.name, whole[: len(whole) // 2])  # type: ignore[index]
    assert reason(form.name, '{"nothing": 1}')


def test_names_and_fingerprints_differ() -> None:
    assert tuple(forms()) == FORMS
    assert len({form.fingerprint for form in forms().values()}) == len(FORMS) == 10


@pytest.mark.parametrize(
    ("form", "output", "why"),
    [
        ("diverse_qa", "Q1: When?\nA1: At 7.", "at least 2"),
        ("diverse_qa", "Q1: When?\nA1: At 7.\nQ2: Who?", "alternate"),
        ("diverse_qa", "Q1: When?\nA1: At 7.\nQ2: Who?\nA2:", "at least 1 character"),
        ("diverse_qa", "Q1: When?\nA1: At 7.\nQ2: when?\nA2: At 8.", "at least 2"),
        ("diverse_qa", "Q1: It leaves.\nA1: At 7.\nQ2: Who?\nA2: They.", "question mark"),
        ("diverse_qa", "Q1: When?\nA1: Who?\nQ2: Who?\nA2: They.", "is none"),
        ("diverse_qa", "The text says\nQ1: When?\nA1: At 7.\nQ2: Who?\nA2: They.", "alternate"),
        ("faq", "## 1. When does it leave?\nAt 7.40.", "at least 2"),
        ("faq", "## 1. When does it leave?\nAt 7.40.\n## The pier\nLong.\n## 2. Who?\nThey.", "heading stands within"),
        ("faq", "The ferry.\n\n## About it\nLong.", "no heading"),
        ("faq", "## 1. When does it leave?\n## 2. Who?\nThey.", "at least 1 character"),
        ("table", "| a | b |\n| --- | --- |\n| 1 | 2 |", "at least 2"),
        ("table", "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 |", "row 2 has 1 cells, not 2"),
        ("table", "| a | b |\n| 1 | 2 |\n| 3 | 4 |", "separator"),
        ("table", "| a | b |\n| --- |\n| 1 | 2 |\n| 3 | 4 |", "separator has 1"),
        ("table", "| a |\n| --- |\n| 1 |\n| 3 |", "at least 2"),
        ("table", "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 1 | 2 |", "two rows are the same"),
        ("table", "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | |", "row 2 says nothing"),
        ("table", "| a | A |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |", "two columns are the same"),
        ("table", "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\nThat is all.", "no row of a table"),
        ("tutorial", "Title: How to\n1. One step.\n2. Two steps.", "at least 3"),
        ("tutorial", "Title: How to\n1. One step.\n2. Two steps.\n4. Four steps.", "numbered from 1"),
        ("tutorial", "Title: How to\n1. One step.\n2. Two steps.\n3. Go to the", "within a sentence"),
        ("tutorial", "Title:\n1. One step.\n2. Two steps.\n3. Three steps.", "title"),
        ("knowledge_list", "1. It goes to Hollum.\n2. It leaves at 7.", "at least 3"),
        ("knowledge_list", "1. It goes there.\n2. It goes there.\n3. It is big.", "at least 3"),
        ("knowledge_list", '{"items": ["It goes there.", "It is big.", "It goes there."]}', "two items are the same"),
        ("knowledge_list", "1. It goes to Hollum.\n2. It leaves at 7.\n3. Ferry", "no sentence"),
        ("wikipedia", "The ferry serves Hollum.", "two sentences"),
        ("wikipedia", "The ferry serves Hollum. You can board at 7.", "third person"),
        ("wikipedia", "# Ferry\n\nThe ferry serves Hollum. It is white.", "no prose"),
        ("wikipedia", "The ferry serves Hollum. It is white. It leaves at", "within a sentence"),
        ("summary", "The ferry serves Hollum. It is white. It goes. It comes. It goes again.", "one to four"),
        ("summary", "about ferries", "one to four"),
        ("dialogue", "Student: When?\nTeacher: At 7.", "at least 4"),
        ("dialogue", "Student: When?\nStudent: At 7.\nTeacher: Yes.\nStudent: Fine.", "take turns"),
        ("dialogue", "Student: When?\nTeacher: At 7.\nStudent: When?\nTeacher: At 7.", "two turns are the same"),
        ("math_problem", "Problem: 2 and 3?\nSolution: 2 + 3 = 6\nAnswer: 6", "2 + 3 = 6 is false"),
        ("math_problem", "Problem: 2 and 3?\nSolution: 2 + 3 = 5\nAnswer: 6", "last result"),
        ("math_problem", "Problem: 2 and 3?\nSolution: It is five.\nAnswer: 5", "calculates nothing"),
        ("math_problem", "Problem: What is two?\nSolution: 1 + 1 = 2\nAnswer: 2", "at least two numbers"),
        ("math_problem", "Problem: 2 and 3?\nAnswer: 5", "a problem, a solution and an answer"),
        ("code_explanation", "```\nrotate daily\n```", "fenced block"),
        ("code_explanation", "```\nrotate daily\n```\nIt begins a file. Every day.", "names nothing"),
        ("code_explanation", "```\nrotate daily\n```\nThe rule `rotate` begins a file.", "two sentences"),
    ],
)
def test_what_is_not_in_form_says_why(form: str, output: str, why: str) -> None:
    assert why in reason(form, output)


def test_what_is_said_again_is_said_once() -> None:
    pairs = "Q1: When?\nA1: At 7.\nQ2: Who?\nA2: They.\nQ3: when?\nA3: At 8."
    assert forms()["diverse_qa"].parse(pairs) == "Question: When?\nAnswer: At 7.\n\nQuestion: Who?\nAnswer: They."
    items = "1. It goes there.\n2. It is big.\n3. It goes  there.\n4. It is white."
    assert forms()["knowledge_list"].parse(items) == "- It goes there.\n- It is big.\n- It is white."


def test_a_thought_that_the_chat_template_opened_is_taken_off() -> None:
    document = "A tower stands on a hill. It is old."
    assert bare(f"The text is about a tower.\n</think>\n\n{document}") == document
    assert bare(f"<think>\nA tower.\n</think>\n\n{document}") == document
    tags = "A thought stands between `<think>` and `</think>` in it."
    assert bare(tags) == tags


def test_a_document_s_own_words_are_no_greeting() -> None:
    for text in (
        "Great Dunmow is a town. It has a market.",
        "The following commands exist, in this order. Others do not.",
        "Here is where the river ends. It is called Dalm.",
        "Sorry is a word. It is short.",
    ):
        assert forms()["wikipedia"].parse(text) == text


def test_failures_travel_between_processes() -> None:
    for error in (Refused("a"), Unparsed("b")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.reason) == (type(error), error.reason)


WORDS = st.lists(st.sampled_from("ferry port pier river seven 7.40 cargo".split()), min_size=3, max_size=9).map(
    " ".join
)
LISTS = st.lists(WORDS, min_size=4, max_size=8, unique=True)


def made(name: str, words: list[str]) -> dict[str, Any]:
    """A document's parts, as a server with structured output gives them."""
    pairs = [{"question": f"{a}?", "answer": f"{b}."} for a, b in zip(words[::2], words[1::2], strict=False)]
    turns = [{"speaker": ("Student", "Teacher")[i % 2], "text": f"{w}."} for i, w in enumerate(words)]
    return {
        "diverse_qa": {"pairs": pairs},
        "faq": {"pairs": pairs},
        "table": {"columns": ["a", "b|c"], "rows": [[w, "x | y"] for w in words]},
        "tutorial": {"title": words[0], "steps": [f"{w}." for w in words]},
        "knowledge_list": {"items": words},
        "dialogue": {"turns": turns},
        "math_problem": {"problem": f"{words[0]} 2 or 3?", "solution": "2 + 3 = 5", "answer": "5"},
    }[name]


@settings(deadline=None)
@given(words=LISTS, name=st.sampled_from(sorted(name for name in FORMS if LAYOUTS[name].structured)))
def test_what_is_written_is_read_back(words: list[str], name: str) -> None:
    """The document in JSON and the document as it is written are one and the same."""
    form = forms()[name]
    document = form.parse(orjson.dumps(made(name, words)).decode())
    assert form.parse(document) == document


@settings(deadline=None)
@given(words=LISTS, name=st.sampled_from(FORMS), cut=st.integers(0, 400))
def test_any_output_is_a_document_or_unparsed(words: list[str], name: str, cut: int) -> None:
    """Nothing but Unparsed leaves the parser, and a document is never blank."""
    for text in (TERSE[name][:cut], "\n".join(words), "".join(words)[:cut], TERSE[name] + words[0]):
        assert parsed_or_why(name, text).strip()


@settings(deadline=None)
@given(st.text(max_size=300))
def test_arbitrary_text_raises_nothing_else(text: str) -> None:
    assert all(parsed_or_why(name, text).strip() for name in FORMS)


@settings(deadline=None)
@given(st.text(alphabet=string.ascii_letters + " .,\n", min_size=1).filter(str.strip))
def test_a_bare_document_stays(text: str) -> None:
    text = "Xylem. " + text.strip()
    assert bare(text) == text or "\n" in text


@settings(deadline=None)
@given(st.integers(0, 999), st.integers(1, 999), st.sampled_from("+-*"))
def test_true_and_false_equations(a: int, b: int, sign: str) -> None:
    result = {"+": a + b, "-": a - b, "*": a * b}[sign]
    if result < 0:
        return
    (true,) = equations(f"That is {a} {sign} {b} = {result:,} crowns.")
    (false,) = equations(f"That is {a} {sign} {b} = {result + 1} crowns.")
    assert true.true
    assert not false.true


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("10 / 4 = 2.5", True), ("10 / 3 = 3.33", True), ("10 / 3 = 3.34", False), ("10 / 3 = 3", False),
        ("2 + 3 × 4 = 14", True), ("2 + 3 × 4 = 20", False), ("5 / 0 = 0", False), ("200 * 15% = 30", True),
        ("$4.50 * 2 = $9", True), ("7 − 2 = 5", True), ("1,200 + 300 = 1,500", True), ("1 + 2 + 3 = 6", True),
    ],
)  # fmt: skip
def test_equations(text: str, true: bool) -> None:
    assert [one.true for one in equations(text)] == [true]


def test_white_space_without_end_takes_no_time() -> None:
    began = time.perf_counter()
    assert not list(equations("1" + " " * 20_000 + "2"))
    assert time.perf_counter() - began < 1
