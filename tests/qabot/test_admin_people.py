"""The admin's pages on people: told apart in the list, and deleted with their conversations by who may."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from answers.models import Answer, Conversation
from tests.library import make_user

pytestmark = [pytest.mark.django_db]

PEOPLE = "/admin/auth/user/"


def asking(name: str) -> User:
    person: User = make_user(name)
    Answer.objects.create(conversation=Conversation.objects.create(owner=person, title="Why?"), question="Why?")
    return person


def test_a_person_is_deleted_with_their_conversations(client: Client):
    client.force_login(User.objects.create_superuser("root"))
    alice = asking("alice")

    question = client.get(f"{PEOPLE}{alice.pk}/delete/")
    client.post(f"{PEOPLE}{alice.pk}/delete/", {"post": "yes"})

    assert "Are you sure" in question.content.decode()
    assert not User.objects.filter(username="alice").exists()
    assert not Conversation.objects.exists() and not Answer.objects.exists()


def test_nobody_deletes_their_own_account_here(client: Client):
    root = User.objects.create_superuser("root")
    client.force_login(root)

    page = client.get(f"{PEOPLE}{root.pk}/delete/").content.decode()
    client.post(f"{PEOPLE}{root.pk}/delete/", {"post": "yes"})
    client.post(PEOPLE, {"action": "delete_selected", "_selected_action": root.pk, "post": "yes"})

    assert "You cannot delete your own account here." in page
    assert User.objects.filter(username="root").exists()


def test_who_may_not_delete_conversations_deletes_nobody_who_has_some(client: Client):
    staff = make_user("bob", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "delete_user"]))
    client.force_login(staff)
    alice, charlie = asking("alice"), make_user("charlie")

    for person in (alice, charlie):
        client.post(f"{PEOPLE}{person.pk}/delete/", {"post": "yes"})

    assert set(User.objects.values_list("username", flat=True)) == {"bob", "alice"}


def test_the_list_says_what_each_may(client: Client):
    client.force_login(User.objects.create_superuser("root"))
    make_user("alice")
    make_user("bob", is_staff=True)
    make_user("charlie", is_active=False)

    page = client.get(PEOPLE).content.decode()

    for words in ("everything", "use the admin", ">ask<", "not sign in"):
        assert words in page
