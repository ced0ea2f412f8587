"""FAQ pages become records: a heading that asks, and what stands below it, without what is there for Sphinx."""

from __future__ import annotations

import pytest

from infra.local.demo_questions import questions
from infra.local.demo_warc import Document
from infra.local.errors import StackError

PAGE = """\
====================
The FAQ: much asked
====================

.. contents::
    :local:

General
=======

Nothing is asked here, and so nothing of this is an answer to anything at all, long as it may be.

.. _why_now:

Why use :ref:`hens <the_hens>` now?
-----------------------------------

.. index:: single: hens

Since :class:`~farm.Hen` lays eggs, see :func:`_orm.lay`; and :doc:`/topics/eggs` is read by many who keep hens.

.. code-block:: python

    hen.lay()

How does it end
~~~~~~~~~~~~~~~

Too short.

Is it *really* over?
--------------------

It is over when the last of all hens has laid the last of all eggs in the last of all nests.
A line of signs below text that is longer than it
------------
is no heading.
"""


def test_headings_that_ask_and_what_stands_below_them():
    first, last = questions([Document("https://a.test/faq/", "faq.txt", PAGE.encode())])
    assert first == {
        "id": "faq.txt#why-use-hens-now",
        "url": "https://a.test/faq/#why-use-hens-now",
        "prompt": "Why use hens now?",
        "answer": "Since farm.Hen lays eggs, see lay; and /topics/eggs is read by many who keep hens.\n\n"
        ".. code-block:: python\n\n    hen.lay()",
    }
    assert last["prompt"] == "Is it *really* over?"
    assert last["answer"].endswith("is no heading.")


def test_a_page_that_is_not_utf_8_is_named():
    with pytest.raises(StackError, match=r"faq\.txt is not UTF-8"):
        questions([Document("https://a.test/", "faq.txt", b"Why?\n====\n\xff")])
