"""The admin's pages on answers: how each was found and cited, looked at only, and by whom."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from answers.models import Answer, AnswerStatus, Citation, Conversation, Feedback, Mode, RetrievedPassage
from documents.models import Collection, Document, Readers

pytestmark = pytest.mark.django_db

ANSWERS = "/admin/answers/answer/"
SPAN = {"document_name": "cats.txt", "page_number": 1, "start": 0, "end": 9}


@pytest.fixture
def collection() -> Collection:
    return Collection.objects.get(slug="documents")


@pytest.fixture
def document(collection: Collection) -> Document:
    return Document.objects.create(
        collection=collection, name="cats.txt", media_type="text/plain", size_bytes=9, sha256="a" * 64
    )


@pytest.fixture
def alice_client(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("alice"))
    client.get("/account")  # the first request of a session notes it: that is counted in no test
    return client


def staff(name: str) -> User:
    """A member of staff who may look at everything about answers, and is no superuser."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return user


def answer_in(collection: Collection, question: str = "Do cats purr?") -> Answer:
    conversation = Conversation.objects.create(title=question)
    answer = Answer.objects.create(
        conversation=conversation,
        question=question,
        text="Cats purr [1].",
        mode=Mode.GENERATED,
        status=AnswerStatus.DONE,
        searched_ids=[collection.pk],
    )
    answer.collections.add(collection)
    return answer


def cite(answer: Answer, document: Document | None) -> None:
    Citation.objects.create(
        answer=answer, document=document, number=1, quote="Cats purr", passage_start=0, passage_end=9, **SPAN
    )


def consider(answer: Answer, document: Document, rank: int) -> None:
    RetrievedPassage.objects.create(
        answer=answer,
        document=document,
        semantic_rank=rank,
        semantic_score=0.75,
        lexical_rank=rank + 1,
        lexical_score=4.5,
        fused_rank=rank,
        fused_score=1.25,
        **SPAN,
    )


def test_an_answer_shows_its_citations_and_the_rank_and_score_of_each_passage_in_each_leg(
    alice_client: Client, collection: Collection, document: Document, django_assert_max_num_queries
):
    answer = answer_in(collection)
    cite(answer, document)
    for rank in range(1, 41):
        consider(answer, document, rank)

    with django_assert_max_num_queries(14):
        page = alice_client.get(f"{ANSWERS}{answer.pk}/change/").content.decode()

    place = reverse("document-page", args=[document.pk, 1])
    assert f'<a href="{place}?start=0&amp;end=9#quote">cats.txt, page 1</a>' in page
    assert page.count(f'<a href="{place}') == 41
    for shown in ("Cats purr [1].", "0.75", "4.5", "1.25", "41"):
        assert shown in page
    assert 'name="_save"' not in page
    assert 'type="checkbox"' not in page


def test_a_citation_of_a_deleted_document_keeps_its_quote_without_a_link(
    alice_client: Client, collection: Collection, document: Document
):
    answer = answer_in(collection)
    cite(answer, document)
    document.delete()

    page = alice_client.get(f"{ANSWERS}{answer.pk}/change/").content.decode()

    assert "cats.txt, page 1 (deleted)" in page
    assert "Cats purr" in page


def test_nobody_adds_changes_or_deletes_an_answer_here(alice_client: Client, collection: Collection):
    answer = answer_in(collection)

    assert alice_client.get(f"{ANSWERS}add/").status_code == 403
    assert alice_client.post(f"{ANSWERS}{answer.pk}/change/", {"text": "Dogs purr."}).status_code == 403
    assert alice_client.post(f"{ANSWERS}{answer.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_list_of_fifty_answers_is_a_few_queries(
    alice_client: Client, collection: Collection, document: Document, django_assert_max_num_queries
):
    for number in range(50):
        answer = answer_in(collection, f"Question {number}?")
        Feedback.objects.create(answer=answer, helpful=True)

    with django_assert_max_num_queries(10):
        response = alice_client.get(ANSWERS)

    assert response.context["cl"].result_count == 50


def test_staff_see_only_answers_from_collections_they_may_read(client: Client, collection: Collection):
    secret = Collection.objects.create(name="Secret", slug="secret", readers=Readers.MEMBERS)
    hidden = answer_in(secret, "What is hidden?")
    Feedback.objects.create(answer=hidden, helpful=False, comment="The hidden thing is wrong.")
    answer_in(collection, "What is open?")
    client.force_login(staff("bob"))

    answers = client.get(ANSWERS).content.decode()
    feedback = client.get("/admin/answers/feedback/").content.decode()

    assert "What is open?" in answers
    assert "What is hidden?" not in answers
    assert "hidden thing" not in feedback
    assert client.get(f"{ANSWERS}{hidden.pk}/change/").status_code == 302


def test_deleting_a_collection_opens_none_of_its_answers(client: Client):
    secret = Collection.objects.create(name="Secret", slug="secret", readers=Readers.MEMBERS)
    answer_in(secret, "What is hidden?")
    secret.delete()
    client.force_login(staff("bob"))

    assert "What is hidden?" not in client.get(ANSWERS).content.decode()


def test_conversations_are_counted_and_lead_to_their_answers(
    alice_client: Client, collection: Collection, django_assert_max_num_queries
):
    answer = answer_in(collection)
    for number in range(20):
        Conversation.objects.create(title=f"Conversation {number}")

    with django_assert_max_num_queries(8):
        listed = alice_client.get("/admin/answers/conversation/").context["cl"].result_list
    page = alice_client.get(f"/admin/answers/conversation/{answer.conversation_id}/change/").content.decode()
    link = f"{ANSWERS}?conversation__id__exact={answer.conversation_id}"

    assert {row.pk: row.answers_count for row in listed}[answer.conversation_id] == 1
    assert f'<a href="{link}">1 answer</a>' in page
    assert [row.pk for row in alice_client.get(link).context["cl"].result_list] == [answer.pk]


def test_a_conversation_is_deleted_with_its_answers(alice_client: Client, collection: Collection, document: Document):
    answer = answer_in(collection)
    cite(answer, document)
    consider(answer, document, 1)

    alice_client.post(f"/admin/answers/conversation/{answer.conversation_id}/delete/", {"post": "yes"})

    assert not Conversation.objects.exists()
    assert not Answer.objects.exists()
    assert not Citation.objects.exists()
    assert not RetrievedPassage.objects.exists()


def test_staff_see_how_an_answer_of_somebody_else_was_found(client: Client, collection: Collection, document: Document):
    answer = answer_in(collection)
    consider(answer, document, 1)
    client.force_login(staff("bob"))

    page = client.get(f"{ANSWERS}{answer.pk}/change/").content.decode()
    found = client.get(f"{ANSWERS}{answer.pk}/found/").content.decode()

    assert f'<a href="{ANSWERS}{answer.pk}/found/">Every passage, rank and score</a>' in page
    assert "cats.txt, page 1" in found and "4.500" in found
    assert f'<a href="{ANSWERS}{answer.pk}/change/">' in found


def test_how_an_answer_was_found_follows_the_permission_of_the_answer(client: Client, collection: Collection):
    hidden = answer_in(Collection.objects.create(name="Secret", slug="secret", readers=Readers.MEMBERS))
    address = f"{ANSWERS}{answer_in(collection).pk}/found/"
    client.force_login(staff("bob"))
    powerless = Client()
    powerless.force_login(User.objects.create_user("dave", is_staff=True))

    assert client.get(f"{ANSWERS}{hidden.pk}/found/").status_code == 404
    assert powerless.get(address).status_code == 403
    assert Client().get(address).status_code == 302
