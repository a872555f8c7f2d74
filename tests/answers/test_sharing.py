"""Sharing an answer by a link: what it shows, to whom, and until when."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from answers.models import Answer, SharedAnswer
from answers.sharing import digest_of
from documents.managing import delete_document, quarantine
from documents.models import Collection, Document, Readers
from tests.callers import key_client
from tests.library import index_text, make_collection, make_user

CATS = "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day. The vault opens at noon."
HOW_LONG = "How many hours does a cat sleep?"
ADDRESS = re.compile(r'value="http://localhost:8000(/shared/([\w-]+))"')


@pytest.fixture
def cats(db) -> Document:
    shelf = make_collection("animals", readers=Readers.MEMBERS)
    shelf.members.add(make_user("alice"))
    return index_text(shelf, "cats.txt", CATS)


@pytest.fixture
def alice(cats: Document) -> Client:
    client = Client()
    client.force_login(cats.collection.members.get())
    client.post("/ask", {"question": HOW_LONG})
    return client


def share(client: Client) -> str:
    """Make a link to the only answer: its path."""
    page = client.post(f"/answers/{Answer.objects.get().pk}/share")
    found = ADDRESS.search(page.content.decode())
    assert found, page.content.decode()
    return found[1]


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().partition("<main")[2]).split())


def test_a_link_shows_question_answer_and_quotes_to_everybody_and_nothing_else(alice: Client, cats: Document):
    path = share(alice)

    shown = Client().get(path)

    page = shown.content.decode()
    assert shown.status_code == 200
    for told in (HOW_LONG, "A cat sleeps for twelve to sixteen hours a day.", "cats.txt"):
        assert told in text_of(shown)
    assert "The vault opens at noon" not in page
    assert set(re.findall(r'href="([^"]*)"', page.partition("<main")[2])) == {"#quote-1"}
    for hidden in ("animals", "Animals", "alice", f"/documents/{cats.pk}", "/conversations/", "/answers/"):
        assert hidden not in page


def test_a_shared_page_is_neither_indexed_kept_nor_named_to_other_sites_and_sets_no_cookie(alice: Client):
    shown = Client().get(share(alice))

    assert (shown["X-Robots-Tag"], shown["Referrer-Policy"]) == ("noindex, nofollow", "no-referrer")
    assert "no-store" in shown["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in shown.content.decode()
    assert (shown.cookies, shown.get("Vary", "")) == ({}, "Accept-Language")


def test_the_token_has_256_bits_is_shown_once_and_only_its_hash_is_kept(alice: Client):
    path = share(alice)
    token = path.rpartition("/")[2]

    kept = SharedAnswer.objects.get()
    again = [alice.get(page).content.decode() for page in (f"/answers/{kept.answer_id}/share", "/shared")]

    assert len(token) == 43
    assert (kept.digest, token in str(vars(kept))) == (digest_of(token), False)
    assert [token in page for page in again] == [False, False]


def test_looking_at_the_form_makes_no_link_and_shows_what_one_would_show(alice: Client):
    page = text_of(alice.get(f"/answers/{Answer.objects.get().pk}/share"))

    assert "Make a link" in page and "A cat sleeps for twelve to sixteen hours a day." in page
    assert SharedAnswer.objects.count() == 0


def test_dead_unknown_and_malformed_links_look_alike(alice: Client):
    path = share(alice)
    link = SharedAnswer.objects.get()
    alice.post(f"/shared/links/{link.pk}/revoke")

    # "%00" and what is no UTF-8 must not reach the database.
    paths = (
        path,
        path[:-1] + "x",
        "/shared/" + "A" * 43,
        "/shared/x",
        "/shared/%00",
        "/shared/%FF%FE",
        "/shared/" + "y" * 3000,
    )
    answers = [Client().get(address) for address in paths]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    # Of each answer are its request's id, and "Expires: now", which a second's end may part.
    own = {"X-Request-Id", "Expires"}
    assert len({tuple(sorted((k, v) for k, v in answer.items() if k not in own)) for answer in answers}) == 1
    assert "Nothing is shared here" in text_of(answers[0])


def closed(document: Document) -> None:
    document.collection.members.clear()


def deleted(document: Document) -> None:
    delete_document(document)


def quarantined(document: Document) -> None:
    quarantine(document, "It holds a trap.")


def signed_off(document: Document) -> None:
    document.collection.members.update(is_active=False)


# Rows made in the deleting transaction itself are checked against both of their foreign keys, in the order of the keys'
# numbers in the database: what people do, and what is tested, is one transaction after the other.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("event", [closed, deleted, quarantined, signed_off])
def test_a_link_dies_when_what_it_shows_is_no_longer_its_makers_to_show(event, alice: Client, cats: Document):
    path = share(alice)

    event(cats)

    assert Client().get(path).status_code == 404


@pytest.mark.django_db(transaction=True)  # see above
@pytest.mark.parametrize("event", [closed, deleted, quarantined])
def test_what_may_not_be_shown_cannot_be_shared(event, alice: Client, cats: Document):
    event(cats)

    response = alice.post(f"/answers/{Answer.objects.get().pk}/share")

    assert (response.status_code, SharedAnswer.objects.count()) == (409, 0)
    assert "cannot be shared" in text_of(response)


def test_a_refusal_has_nothing_to_share(alice: Client):
    alice.post("/ask", {"question": "What is the boiling point of liquid helium on Jupiter's moon?"})
    refused = Answer.objects.latest("pk")

    assert (
        "/share" not in alice.get(f"/answers/{refused.pk}", headers={"X-Requested-With": "fragment"}).content.decode()
    )
    assert alice.post(f"/answers/{refused.pk}/share").status_code == 409


def test_nobody_shares_or_revokes_for_others(alice: Client):
    share(alice)
    link, bob = SharedAnswer.objects.get(), Client()
    bob.force_login(make_user("bob"))
    key = key_client(link.created_by)

    for stranger, status in ((bob, 404), (Client(), 302), (key, 302)):
        assert stranger.post(f"/answers/{link.answer_id}/share").status_code == status
        assert stranger.post(f"/shared/links/{link.pk}/revoke").status_code == status
    assert SharedAnswer.objects.get().revoked_at is None


def test_own_links_are_listed_and_revoked(alice: Client):
    path = share(alice)
    link = SharedAnswer.objects.get()

    assert HOW_LONG in text_of(alice.get("/shared"))
    answered = alice.post(f"/shared/links/{link.pk}/revoke", follow=True)

    assert "The link was revoked" in text_of(answered) and "You share nothing" in text_of(answered)
    assert Client().get(path).status_code == 404


def test_staff_revoke_what_they_may_see_in_the_admin(alice: Client, client: Client):
    path = share(alice)
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    link = SharedAnswer.objects.get()

    listed = client.get("/admin/answers/sharedanswer/").content.decode()
    client.post("/admin/answers/sharedanswer/", {"action": "revoke_selected", "_selected_action": [link.pk]})

    assert (HOW_LONG in listed, link.digest in listed) == (True, False)
    assert Client().get(path).status_code == 404


def test_a_title_of_a_closed_conversation_is_not_listed_to_staff(alice: Client, client: Client):
    staff = make_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(staff)

    before = client.get("/admin/answers/conversation/").content.decode()
    Collection.objects.get(slug="animals").members.add(staff)
    after = client.get("/admin/answers/conversation/").content.decode()

    assert (HOW_LONG in before, HOW_LONG in after) == (False, True)
