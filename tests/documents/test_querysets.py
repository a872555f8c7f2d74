"""Who may read and add: Alice owns, Bob is on the team, Charlie must see nothing."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group

from documents.models import Adders, Collection, Document, Readers
from documents.scoping import NotVisible, scope_for
from tests.library import index_text, make_collection, make_user


@pytest.fixture
def shelves(db):
    Collection.objects.all().delete()
    return {
        "public": make_collection("public", readers=Readers.PUBLIC, adders=Adders.STAFF),
        "signed-in": make_collection("signed-in"),
        "members": make_collection("members", readers=Readers.MEMBERS, adders=Adders.MEMBERS),
    }


def slugs(collections) -> list[str]:
    return sorted(collection.slug for collection in collections)


def test_everybody_reads_what_they_may_and_no_more(shelves):
    bob, charlie, gone = make_user("bob"), make_user("charlie"), make_user("gone", is_active=False)
    dora, team = make_user("dora"), Group.objects.create(name="team")
    dora.groups.add(team)
    shelves["members"].members.add(bob, gone)
    shelves["members"].member_groups.add(team)

    assert slugs(Collection.objects.visible_to(bob)) == ["members", "public", "signed-in"]
    assert slugs(Collection.objects.visible_to(dora)) == ["members", "public", "signed-in"]
    assert slugs(Collection.objects.visible_to(charlie)) == ["public", "signed-in"]
    assert slugs(Collection.objects.visible_to(AnonymousUser())) == ["public"]
    assert slugs(Collection.objects.visible_to(gone)) == ["public"]
    assert slugs(Collection.objects.visible_to(make_user("root", is_superuser=True))) == [
        "members",
        "public",
        "signed-in",
    ]


def test_everybody_adds_where_they_may_and_nowhere_else(shelves):
    bob, charlie, staff = make_user("bob"), make_user("charlie"), make_user("staff", is_staff=True)
    shelves["members"].members.add(bob)

    assert slugs(Collection.objects.addable_by(bob)) == ["members", "signed-in"]
    assert slugs(Collection.objects.addable_by(charlie)) == ["signed-in"]
    assert slugs(Collection.objects.addable_by(staff)) == ["public", "signed-in"]
    assert slugs(Collection.objects.addable_by(AnonymousUser())) == []


def test_a_member_by_name_and_by_group_sees_a_collection_once(shelves):
    bob, team = make_user("bob"), Group.objects.create(name="team")
    bob.groups.add(team)
    shelves["members"].members.add(bob)
    shelves["members"].member_groups.add(team)

    assert Collection.objects.visible_to(bob).filter(slug="members").count() == 1


def test_documents_follow_their_collection(shelves):
    bob, charlie = make_user("bob"), make_user("charlie")
    shelves["members"].members.add(bob)
    secret = index_text(shelves["members"], "secret.txt", "The vault opens at noon.")

    assert list(Document.objects.visible_to(bob)) == [secret]
    assert list(Document.objects.visible_to(charlie)) == []
    assert list(Document.objects.changeable_by(bob)) == [secret]
    assert list(Document.objects.changeable_by(charlie)) == []


def test_a_scope_holds_only_what_may_be_read(shelves):
    bob, charlie = make_user("bob"), make_user("charlie")
    shelves["members"].members.add(bob)
    secret = index_text(shelves["members"], "secret.txt", "The vault opens at noon.")

    whole = scope_for(bob, None, None)
    assert (set(whole.collection_ids), whole.document_ids, whole.chunks) == (
        {shelf.pk for shelf in shelves.values()},
        None,
        1,
    )
    assert scope_for(bob, None, [secret.pk]).document_ids == (secret.pk,)
    for foreign in (["members"], ["no-such-collection"]):
        with pytest.raises(NotVisible, match="no such collection"):
            scope_for(charlie, foreign, None)
    for missing in ([secret.pk], [999_999]):
        with pytest.raises(NotVisible, match="no such document"):
            scope_for(charlie, None, missing)
