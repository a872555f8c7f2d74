"""The admin's pages on embedding indexes: what a change would cost is told first, and every step asks."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from documents.embedding_indexes.filling import Filler
from documents.models import Collection, EmbeddingIndex
from documents.options import indexing_options
from tests.documents.embedding_indexes.conftest import library, provider  # noqa: F401 - fixtures
from tests.documents.embedding_indexes.steps import SMALL, begin_small, fill
from tests.fakes.provider import FakeProvider
from tests.library import make_user

LIST = "/admin/documents/embeddingindex/"


@pytest.fixture
def alice(library: Collection) -> Client:  # noqa: F811 - the fixture
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def test_an_index_is_begun_once_its_cost_was_shown(alice: Client, provider: FakeProvider):  # noqa: F811 - the fixture
    asked = alice.get(f"{LIST}begin/")
    shown = alice.post(f"{LIST}begin/", {"model": SMALL, "dimensions": ""})

    assert b"Nothing begins yet" in asked.content
    assert b"4 chunks to embed" in shown.content
    assert EmbeddingIndex.objects.count() == 1

    begun = alice.post(f"{LIST}begin/", {"model": SMALL, "dimensions": "1536", "begin": "Begin"}, follow=True)

    index = EmbeddingIndex.objects.get(model=SMALL)
    assert f"{index} is being filled." in begun.content.decode()
    assert f"Index {index.pk} of {index} is being filled." in begun.content.decode()
    assert (index.state, LogEntry.objects.count()) == ("building", 1)


def test_what_cannot_be_begun_says_why(alice: Client, provider: FakeProvider):  # noqa: F811 - the fixture
    refused = alice.post(f"{LIST}begin/", {"model": "unheard-of", "begin": "Begin"})

    assert "The dimensions of the embedding model unheard-of are not known" in refused.content.decode()
    assert EmbeddingIndex.objects.count() == 1


def test_the_list_shows_how_far_each_index_is(alice: Client, provider: FakeProvider):  # noqa: F811 - the fixture
    index = begin_small()
    worker = Filler(indexing_options())
    worker.work_once()
    provider.mode = "401"
    worker.work_once()
    worker.work_once()

    page = alice.get(LIST).content.decode()

    assert '<progress max="100" value="25"></progress> 25 %' in page
    assert "1 of 4" in page
    assert "The provider refused the key (status 401)." in page
    assert f'href="{LIST}{index.pk}/activate/"' in page


def test_activating_and_retiring_ask_first_and_are_written_down(
    alice: Client,
    provider: FakeProvider,  # noqa: F811 - the fixture
):
    index = begin_small()
    early = alice.post(f"{LIST}{index.pk}/activate/", follow=True)
    fill(index)
    local = EmbeddingIndex.objects.get(state="active")

    assert "4 chunks are not embedded yet" in early.content.decode()
    assert "from the next one on" in alice.get(f"{LIST}{index.pk}/activate/").content.decode()
    assert EmbeddingIndex.objects.active() == local
    alice.post(f"{LIST}{index.pk}/activate/")
    assert EmbeddingIndex.objects.active() == index
    assert "goes for good" in alice.get(f"{LIST}{local.pk}/retire/").content.decode()
    alice.post(f"{LIST}{local.pk}/retire/")
    assert EmbeddingIndex.objects.get(pk=local.pk).state == "removing"
    assert list(LogEntry.objects.values_list("object_id", flat=True)) == [str(local.pk), str(index.pk)]


def test_who_may_only_look_has_no_buttons(library: Collection, provider: FakeProvider):  # noqa: F811 - the fixtures
    bob = make_user("bob", is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_embeddingindex"))
    looker = Client()
    looker.force_login(bob)
    index = begin_small()

    page = looker.get(LIST).content.decode()

    assert (f"{LIST}begin/" in page, f"{LIST}{index.pk}/activate/" in page) == (False, False)
    for path in ("begin/", f"{index.pk}/activate/", f"{index.pk}/retire/"):
        assert looker.post(f"{LIST}{path}").status_code == 403
    assert EmbeddingIndex.objects.get(pk=index.pk).state == "building"
