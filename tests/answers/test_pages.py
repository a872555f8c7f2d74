"""Asking and reading without JavaScript: whole pages, and nobody else's conversations."""

import re

import pytest
from django.test import Client

from answers.models import Answer, Conversation, Mode
from documents.managing import delete_document, index_again
from documents.models import Collection, Page, Readers
from qabot.provider import ProviderSettings
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user

CATS = "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day. Dogs bark at night."
HOW_LONG = "How many hours does a cat sleep?"
OFF_TOPIC = "What is the boiling point of liquid helium on Jupiter's moon?"


@pytest.fixture
def cats(db):
    return index_text(make_collection("animals"), "cats.txt", CATS)


@pytest.fixture
def alice(db):
    client = Client()
    client.force_login(make_user("alice"))
    return client


def ask(client: Client, question: str = HOW_LONG, **more) -> str:
    """Ask as the form does; the address of the page that shows the answer."""
    response = client.post("/ask", {"question": question, "conversation": "", **more})
    assert response.status_code == 302, response.content.decode()
    return response.headers["Location"].partition("#")[0]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# Who comes in


def test_a_stranger_is_sent_to_sign_in_where_nothing_is_public(client, cats):
    assert client.get("/").headers["Location"] == "/login?next=/"
    assert client.post("/ask", {"question": HOW_LONG}).headers["Location"] == "/login?next=/ask"


def test_a_stranger_asks_where_a_collection_is_public_and_keeps_the_conversation(client, cats):
    Collection.objects.filter(slug="animals").update(readers=Readers.PUBLIC)

    address = ask(client)

    assert "twelve to sixteen hours" in client.get(address).content.decode()
    assert Client().get(address).status_code == 404
    assert Conversation.objects.get().owner is None


def test_looking_starts_no_session(client, cats):
    Collection.objects.filter(slug="animals").update(readers=Readers.PUBLIC)

    assert "sessionid" not in client.get("/").cookies


# The empty page


def test_the_first_thing_to_do_is_said(alice):
    assert "Start with a document" in alice.get("/").content.decode()


def test_who_may_neither_read_nor_add_is_told_so(alice):
    Collection.objects.update(adders="staff")

    page = alice.get("/").content.decode()

    assert "Nothing to read yet" in page and "upload-form" not in page


def test_several_collections_can_be_chosen_from(alice, cats):
    page = alice.get("/").content.decode()

    assert "1 document can be asked about." in page
    assert '<option value="">All collections</option>' in page
    assert page.count('<option value="animals">') == 2  # to ask in, and to add to


# Asking


def test_an_answer_is_quoted_with_a_mark_that_leads_to_its_words(alice, cats):
    address = ask(alice)

    answer = Answer.objects.get()
    page = alice.get(address).content.decode()
    assert address == f"/conversations/{answer.conversation_id}"
    assert (answer.mode, answer.question) == (Mode.EXTRACTED, HOW_LONG)
    assert "Quoted from your documents" in page and "cats.txt, page 1" in page
    assert f'<a class="citation" href="/answers/{answer.pk}/citations/1" data-citation="1"' in page


def test_a_follow_up_stays_in_its_conversation_and_says_what_was_searched_for(alice, cats):
    address = ask(alice)
    again = ask(alice, "And at night?", conversation=Conversation.objects.get().pk)

    assert again == address
    assert Answer.objects.latest("pk").searched_for in text_of(alice.get(address).content.decode())
    assert "Searched for “" in alice.get(address).content.decode()


def test_a_refusal_lists_the_nearest_passages(alice, cats):
    page = alice.get(ask(alice, OFF_TOPIC)).content.decode()

    assert "Not found in your documents" in page
    assert f'href="/documents/{cats.pk}/pages/1?start=' in page


def test_nearest_passages_of_a_collection_that_was_closed_are_not_shown(alice, cats):
    address = ask(alice, OFF_TOPIC)
    Collection.objects.filter(slug="animals").update(readers=Readers.MEMBERS)

    assert "Cats purr" not in alice.get(address).content.decode()


@pytest.mark.parametrize(
    ("question", "sentence"), [("  ", "Please type a question."), ("cat " * 900, "at most 2000 characters")]
)
def test_a_question_that_cannot_be_asked_is_kept_and_said(alice, cats, question: str, sentence: str):
    response = alice.post("/ask", {"question": question})

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert response.context["typed"] == question


def test_collections_and_conversations_of_others_look_missing(alice, cats):
    make_collection("secret", readers=Readers.MEMBERS)
    foreign = Conversation.objects.create(owner=make_user("bob"), title="Bob's")

    answers = [
        alice.post("/ask", {"question": HOW_LONG, "collection": "secret"}),
        alice.post("/ask", {"question": HOW_LONG, "conversation": foreign.pk}),
        alice.get(f"/conversations/{foreign.pk}"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert b"Bob" not in b"".join(answer.content for answer in answers)
    assert not Answer.objects.exists()


def test_a_question_from_another_site_is_refused(cats):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(make_user("alice"))

    assert careful.post("/ask", {"question": HOW_LONG}).status_code == 403


def test_past_conversations_are_listed_for_their_owner_alone(alice, cats):
    ask(alice)
    bob = Client()
    bob.force_login(make_user("bob"))

    assert HOW_LONG in alice.get("/").content.decode()
    assert HOW_LONG not in bob.get("/").content.decode()


def test_what_a_model_wrote_goes_through_the_sanitiser(alice, cats):
    owner = make_user("carol")
    conversation = Conversation.objects.create(owner=owner, title="<b>x</b>")
    Answer.objects.create(
        conversation=conversation,
        question="<script>alert(1)</script>",
        text="<img src=x onerror=alert(2)> [a](javascript:alert(3)) **bold** [7]",
        mode=Mode.GENERATED,
        status="done",
        notice="<i>n</i>",
        model="<u>m</u>",
    )
    carol = Client()
    carol.force_login(owner)

    page = carol.get(f"/conversations/{conversation.pk}").content.decode()

    assert '<strong><span class="doubtful">bold</span></strong>' in page
    assert not re.findall(r"<script>|<img src=x|href=\"javascript|<b>|<i>|<u>", page)


# One answer, one citation


def test_an_answer_alone_is_a_fragment_for_scripts_and_a_page_for_people(alice, cats):
    ask(alice)
    answer = Answer.objects.get()

    fragment = alice.get(f"/answers/{answer.pk}", headers={"X-Requested-With": "fragment"}).content.decode()
    page = alice.get(f"/answers/{answer.pk}")

    assert fragment.startswith('<li class="exchange"') and "<html" not in fragment
    assert page.headers["Location"] == f"/conversations/{answer.conversation_id}#answer-{answer.pk}"


def test_a_citation_shows_its_quote_marked_in_the_page(alice, cats):
    ask(alice)
    cited = Answer.objects.get().citations.get(number=1)
    address = f"/answers/{cited.answer_id}/citations/1"

    fragment = alice.get(address, headers={"X-Requested-With": "fragment"}).content.decode()
    page = alice.get(address).content.decode()

    text = Page.objects.get().text
    assert text[cited.start : cited.end] == cited.quote
    assert f'<mark id="quote">{cited.quote}</mark>' in fragment
    assert text in text_of(fragment)
    place = f"start={cited.start}&amp;end={cited.end}&amp;answer={cited.answer_id}#quote"
    assert f"/documents/{cats.pk}/pages/1?{place}" in fragment
    assert "<html" not in fragment and "<html" in page and "Back to the answer" in page


def test_citations_of_others_and_missing_ones_are_not_found(alice, cats):
    ask(alice)
    address = f"/answers/{Answer.objects.get().pk}/citations/"
    bob = Client()
    bob.force_login(make_user("bob"))

    assert [bob.get(address + "1").status_code, alice.get(address + "99").status_code] == [404, 404]


@pytest.mark.django_db(transaction=True)  # rows of the deleting transaction are checked in an order that varies
def test_a_citation_outlives_its_document(alice, cats):
    ask(alice)
    cited = Answer.objects.get().citations.get(number=1)
    delete_document(cats)

    page = alice.get(f"/answers/{cited.answer_id}/citations/1").content.decode()

    assert f'<mark id="quote">{cited.quote}</mark>' in page
    assert "was deleted, or is no longer open to you" in page
    assert "Dogs bark" not in page and "Open the original" not in page


def test_a_citation_of_a_collection_that_was_closed_shows_the_quote_alone(alice, cats):
    ask(alice)
    Collection.objects.filter(slug="animals").update(readers=Readers.MEMBERS)

    page = alice.get(f"/answers/{Answer.objects.get().pk}/citations/1").content.decode()

    assert "Dogs bark" not in page and "/original" not in page


def test_a_quote_that_moved_is_said_to_have_moved(alice, cats):
    ask(alice)
    Page.objects.update(text="Something else stands here now.")
    index_again(cats)

    page = alice.get(f"/answers/{Answer.objects.get().pk}/citations/1").content.decode()

    assert "indexed again since" in page and "Something else" not in page


# How it was found


def test_how_an_answer_was_found_is_linked_from_it_and_shows_every_leg(alice, cats):
    conversation = alice.get(ask(alice)).content.decode()
    answer = Answer.objects.get()
    address = f"/answers/{answer.pk}/found"

    page = alice.get(address).content.decode()

    row = answer.passages.get()
    assert f'href="{address}">How this was found</a>' in conversation
    assert (
        f"{row.semantic_score:.3f}" in page and f"{row.lexical_score:.3f}" in page and f"{row.fused_score:.3f}" in page
    )
    assert f'href="/documents/{cats.pk}/pages/1?start={row.start}&amp;end={row.end}#quote"' in page
    assert f"Confidence {answer.confidence:.2f} · at or above the threshold of 0.50" in text_of(
        re.sub("<meter.*?</meter>", "", page)
    )
    assert f'<meter min="0" max="{answer.timings_ms["total"]}" value="{answer.timings_ms["extract"]}"' in page
    assert "None wrote: what there is was taken from the documents" in page
    assert not re.findall(r"<style|<script>|\sstyle=|\son\w+=", page)


def test_how_a_strangers_answer_was_found_is_not_shown(alice, cats):
    ask(alice)
    address = f"/answers/{Answer.objects.get().pk}/found"
    root = Client()
    root.force_login(make_user("root", is_staff=True, is_superuser=True))

    assert [root.get(address).status_code, alice.get("/answers/999999/found").status_code] == [404, 404]
    assert Client().get(address).headers["Location"] == f"/login?next={address}"


def test_how_it_was_found_shows_nothing_of_a_collection_that_was_closed(alice, cats):
    ask(alice)
    Collection.objects.filter(slug="animals").update(readers=Readers.MEMBERS)

    page = text_of(alice.get(f"/answers/{Answer.objects.get().pk}/found").content.decode())

    assert "1 passage is not shown: the document was deleted, or is no longer open to you." in page
    assert "1 collection no longer open to you" in page
    assert "cats.txt" not in page and "twelve to sixteen" not in page and "Animals" not in page


def test_the_prompt_its_tokens_and_the_dropped_marks_are_shown(alice, cats, settings):
    with FakeProvider("ok") as provider:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        ask(alice)
    Answer.objects.update(marks_dropped=2)
    answer = Answer.objects.get()

    page = text_of(alice.get(f"/answers/{answer.pk}/found").content.decode())

    assert "Model fake-chat" in page
    assert f"Tokens {answer.prompt_tokens} read, {answer.completion_tokens} written" in page
    assert "Dropped marks 2 that no passage stood behind" in page
    assert "Write the answer" in page
    assert answer.passages.get().number == 1 and "Prompt 1 " in page


# What is in doubt


@pytest.mark.parametrize(
    ("text", "marked", "said"),
    [
        ("They speak fluent French.", 1, "The underlined sentences could not be matched"),
        ("| Animal | Language |\n| - | - |\n| Cats of the house | fluent French |", 0, "Not every sentence could be"),
        ("They speak fluent French.\n\n| A | B |\n| - | - |\n| Cats of the house | French |", 1, "Not every sentence"),
    ],
)
def test_underlined_sentences_are_spoken_of_where_they_are_all_there_is(alice, cats, text, marked, said):
    ask(alice)
    Answer.objects.update(text=text, mode=Mode.GENERATED, model="m", supported=False)

    page = alice.get(f"/conversations/{Answer.objects.get().conversation_id}").content.decode()

    assert (page.count('<span class="doubtful">'), said in page) == (marked, True)
