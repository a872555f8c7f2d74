"""What a search may read: all that a person may, or what they name of it, or nothing."""

import pytest
from django.contrib.auth.models import AnonymousUser

from documents.models import Collection
from documents.scope import Scope
from documents.scoping import NotVisible, scope_for
from tests.library import index_text, make_collection, make_user, upload_text

pytestmark = pytest.mark.django_db


def test_nothing_named_is_all_that_may_be_read():
    documents = Collection.objects.get()
    hidden = make_collection("hidden", readers="members")
    public = make_collection("public", readers="public")
    index_text(public, "cats.txt", "Cats purr.")
    index_text(hidden, "dogs.txt", "Dogs bark.")

    assert scope_for(make_user(), None, None) == Scope((documents.pk, public.pk), None, chunks=1, of_chunks=2)
    assert scope_for(AnonymousUser(), None, []) == Scope((public.pk,), None, chunks=1, of_chunks=2)


def test_documents_bring_their_collections_and_only_ready_chunks_count():
    documents, shelf = Collection.objects.get(), make_collection(readers="public")
    cats = index_text(documents, "cats.txt", "Cats purr.")
    dogs = upload_text(shelf, "dogs.txt", "Dogs bark.")

    scope = scope_for(make_user(), None, [dogs.pk, cats.pk, cats.pk])

    assert scope == Scope((documents.pk, shelf.pk), (cats.pk, dogs.pk), chunks=1)


@pytest.mark.parametrize(
    ("slugs", "named"),
    [
        (["hidden"], []),
        (["no-such"], []),
        (["open", "hidden"], []),
        (None, ["dogs"]),
        (["open"], ["cats"]),
        (None, ["gone"]),
    ],
)
def test_naming_what_may_not_be_read_is_like_naming_what_does_not_exist(slugs: list[str] | None, named: list[str]):
    make_collection("open", readers="public")
    ids = {
        "cats": upload_text(Collection.objects.get(slug="documents"), "cats.txt", "Cats purr.").pk,
        "dogs": upload_text(make_collection("hidden", readers="members"), "dogs.txt", "Dogs bark.").pk,
        "gone": 2**62,
    }

    with pytest.raises(NotVisible, match=r"^There is no such (collection|document)\.$"):
        scope_for(make_user(), slugs, [ids[name] for name in named])
