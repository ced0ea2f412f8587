"""Records: what makes one, what does not, and that what is written reads back."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.records import (
    Fields,
    Message,
    NotARecord,
    Record,
    canonical,
    parsed,
    plain,
    prompt_text,
    record_of,
    records_of,
)

CONTENT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip)
VERIFIER = st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.dictionaries(
    st.text("abc", min_size=1), st.integers(-9, 9)
)  # fmt: skip


def said(role):
    return CONTENT.map(lambda content: Message(role, content))


@st.composite
def records(draw):
    system = draw(st.lists(said("system"), max_size=1))
    before = draw(st.lists(st.tuples(said("user"), said("assistant")), max_size=2))
    prompt = (*system, *(turn for pair in before for turn in pair), draw(said("user")))
    answer = draw(said("assistant"))
    rejected = draw(st.none() | said("assistant").filter(lambda one: one != answer))
    return Record(prompt, (answer,), () if rejected is None else (rejected,), draw(VERIFIER))


def turns(*said):
    return [{"role": role, "content": content} for role, content in said]


@given(records())
def test_what_is_written_reads_back(record):
    assert parsed(canonical(record)) == record
    assert all(one.content in plain(record) for one in (*record.prompt, *record.answer, *record.rejected))


ASKED = (Message("user", "Why?"),)
SO = (Message("assistant", "So."),)


@pytest.mark.parametrize(
    ("row", "record"),
    [
        ({"prompt": "Why?", "answer": "So."}, Record(ASKED, SO)),
        ({"prompt": "Why?", "answer": "So.", "verifier": "so"}, Record(ASKED, SO, (), "so")),
        ({"prompt": "Why?", "answer": "So.", "messages": None, "chosen": None}, Record(ASKED, SO)),
        ({"prompt": turns(("user", "Why?")), "answer": turns(("assistant", "So."))}, Record(ASKED, SO)),
        ({"messages": turns(("user", "Why?"), ("assistant", "So."))}, Record(ASKED, SO)),
        ({"prompt": "Why?", "chosen": "So.", "rejected": "No."}, Record(ASKED, SO, (Message("assistant", "No."),))),
        (
            {
                "prompt": "Why?",
                "chosen": turns(("user", "Why?"), ("assistant", "So.")),
                "rejected": turns(("user", "Why?"), ("assistant", "No.")),
            },
            Record(ASKED, SO, (Message("assistant", "No."),)),
        ),
        (
            {
                "chosen": turns(("user", "Why?"), ("assistant", "So.")),
                "rejected": turns(("user", "Why?"), ("assistant", "No.")),
            },
            Record(ASKED, SO, (Message("assistant", "No."),)),
        ),
    ],
)
def test_every_form_that_trainers_know(row, record):
    assert record_of(row) == record


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"text": "Why?"}, "field 'prompt' is missing"),
        ({"prompt": "Why?"}, "field 'answer' is missing"),
        ({"prompt": "Why?", "answer": "  "}, "answer has no text"),
        ({"prompt": "Why?", "answer": 3}, "field 'answer' is a int, not a list of messages"),
        ({"prompt": "Why?", "chosen": "So."}, "field 'rejected' is missing"),
        ({"prompt": "Why?", "chosen": "So.", "rejected": "So."}, "chosen and rejected are the same"),
        ({"chosen": "So.", "rejected": "No."}, "field 'prompt' is missing, and the two answers do not begin alike"),
        ({"messages": []}, "field 'messages' is an empty list"),
        ({"messages": turns(("user", "Why?"))}, "ends with the turn of user: there is no answer"),
        ({"messages": turns(("assistant", "So."))}, "turn 0 is of assistant, first"),
        ({"messages": turns(("user", "Why?"), ("user", "Why?"), ("assistant", "So."))}, "turn 1 is of user, behind user"),
        ({"messages": turns(("human", "Why?"), ("assistant", "So."))}, "messages.0 has the role 'human'"),
        ({"messages": [{"role": "user", "content": None}]}, "content of messages.0 is null, not a text"),
        ({"messages": [{"role": "user", "content": "Why?", "name": "Ann"}]}, "messages.0 has name, which would be lost"),
        ({"prompt": turns(("user", "a"), ("assistant", "b")), "answer": "c"}, "ends with the turn of assistant"),
        ({"prompt": "Why?", "answer": "So.", "verifier": 2**70}, "cannot be kept as JSON"),
    ],
)  # fmt: skip
def test_what_is_no_record_says_why(row, why):
    with pytest.raises(NotARecord, match=why):
        record_of(row)


def test_fields_may_be_called_otherwise():
    row = {"instruction": "Why?", "output": "So."}
    assert record_of(row, Fields(prompt="instruction", answer="output")) == Record(ASKED, SO)


def test_a_prompt_is_everything_before_the_last_answer():
    talk = turns(
        ("system", "Be kind."), ("user", "Why?"), ("assistant", "So."), ("user", "And?"), ("assistant", "Then.")
    )
    assert prompt_text(record_of({"messages": talk})) == "Be kind.\n\nWhy?\n\nSo.\n\nAnd?"


def test_a_document_is_a_record_as_long_as_its_text_is():
    record = Record(ASKED, SO)
    rows = [
        ("chat", plain(record), [("record", canonical(record))]),
        ("chat", plain(record)[:-1], [("record", canonical(record))]),
        ("text", plain(record), [("record", canonical(record))]),
        ("chat", plain(record), []),
        ("chat", plain(record), None),
        ("chat", plain(record), [("record", "{")]),
    ]
    columns = [pa.array(c, t) for c, t in zip(zip(*rows, strict=True), KINDS, strict=True)]
    first, *others = records_of(pa.record_batch(columns, ["format", "text", "metadata"]))
    assert first == record
    said = [str(one) for one in others]
    assert [isinstance(one, NotARecord) for one in others] == [True] * 5
    assert "a stage edited it" in said[0]
    assert "format is text" in said[1]
    assert "no record" in said[2]
    assert "no record" in said[3]
    assert "no JSON" in said[4]


KINDS = (pa.string(), pa.large_string(), pa.map_(pa.string(), pa.string()))
