"""The admin's upload form: several files at once, what is refused and why, and who may add to which collection."""

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client

from documents.models import Collection, Document, Readers

pytestmark = pytest.mark.django_db

LIST = "/admin/documents/document/"
UPLOAD = "/admin/documents/document/add/"
CATS = b"Cats purr when they are content. A purr is a low rumble."
DOGS = b"Dogs bark at strangers. A bark is loud and short."


@pytest.fixture
def collection() -> Collection:
    return Collection.objects.get(slug="documents")


@pytest.fixture
def alice() -> User:
    return User.objects.create_superuser("alice")


@pytest.fixture
def alice_client(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def staff(name: str, *permissions: str) -> User:
    """A member of staff who is no superuser, with Django's permissions on documents."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="documents", codename__in=permissions))
    return user


def told(response: HttpResponseBase) -> list[str]:
    """The messages the admin shows next."""
    return [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]


def test_several_files_are_uploaded_at_once(alice_client: Client, alice: User, collection: Collection):
    files = [SimpleUploadedFile("cats.txt", CATS), SimpleUploadedFile("dogs.txt", DOGS)]

    response = alice_client.post(UPLOAD, {"collection": collection.pk, "chosen": files})

    assert (response.status_code, response["Location"]) == (302, LIST)
    assert told(response) == [
        "cats.txt was uploaded and waits to be indexed.",
        "dogs.txt was uploaded and waits to be indexed.",
    ]
    rows = Document.objects.order_by("name").values_list("name", "collection", "status", "uploader", "size_bytes")
    assert list(rows) == [
        ("cats.txt", collection.pk, "pending", alice.pk, len(CATS)),
        ("dogs.txt", collection.pk, "pending", alice.pk, len(DOGS)),
    ]


def test_a_refused_file_is_named_with_its_reason_while_the_others_are_kept(alice_client: Client):
    chosen = Collection.objects.create(name="Zoology", slug="zoology")
    files = [SimpleUploadedFile("cats.txt", CATS), SimpleUploadedFile("empty.txt", b"")]

    response = alice_client.post(UPLOAD, {"collection": chosen.pk, "chosen": files})

    form = response.context["form"]
    assert response.status_code == 200
    assert [error.split(":")[0] for error in form.errors["chosen"]] == ["empty.txt"]
    assert f'<option value="{chosen.pk}" selected>Zoology</option>' in response.content.decode()
    assert list(Document.objects.values_list("name", "collection__slug")) == [("cats.txt", "zoology")]


def test_uploading_without_a_file_asks_for_one(alice_client: Client, collection: Collection):
    response = alice_client.post(UPLOAD, {"collection": collection.pk})

    assert response.context["form"].errors == {"chosen": ["Choose at least one file."]}


def test_the_same_bytes_again_point_to_the_document_that_exists(alice_client: Client, collection: Collection):
    for name in ("cats.txt", "copy.txt"):
        file = SimpleUploadedFile(name, CATS)
        response = alice_client.post(UPLOAD, {"collection": collection.pk, "chosen": [file]})

    assert told(response)[-1] == "This file is here already, as cats.txt."
    assert Document.objects.count() == 1


def test_staff_upload_only_to_collections_they_may_add_to(client: Client, collection: Collection):
    secret = Collection.objects.create(name="Secret", slug="secret", readers=Readers.MEMBERS)
    client.force_login(staff("bob", "add_document", "view_document"))

    page = client.get(UPLOAD).content.decode()
    response = client.post(UPLOAD, {"collection": secret.pk, "chosen": [SimpleUploadedFile("a.txt", b"text")]})

    assert collection.name in page
    assert "Secret" not in page
    assert list(response.context["form"].errors) == ["collection"]
    assert not Document.objects.exists()


def test_staff_without_the_permission_to_add_may_not_upload(client: Client):
    client.force_login(staff("bob", "view_document"))

    assert client.get(UPLOAD).status_code == 403
