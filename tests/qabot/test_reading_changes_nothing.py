"""No GET costs or changes anything: scanners, previews and prefetching browsers open every address they see."""

import re

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from answers.answering import ask
from answers.models import Conversation
from answers.options import options_from_settings
from documents.scoping import scope_for
from qabot.api_keys import make_key
from qabot.provider import ProviderSettings
from qabot.signin import signin_link
from tests.fakes.provider import FakeProvider
from tests.library import default_collection, index_text, make_user
from tests.routes import addresses

pytestmark = pytest.mark.django_db(transaction=True)

COUNTERS = {
    "django_session",
    "qabot_signedinsession",
    "qabot_ratecounter",
}  # what notes that somebody came, not what they did


def rows() -> dict[str, list[str]]:
    """Every row of every table as text, by table."""
    with connection.cursor() as cursor:
        found: dict[str, list[str]] = {}
        for table in set(connection.introspection.table_names(cursor)) - COUNTERS:
            cursor.execute(f'SELECT row::text FROM "{table}" AS row ORDER BY 1')
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def naming_a_row(path: str, ids: dict[str, int]) -> str:
    """`/documents/1/pages/1` with the id of the document that there is."""
    table = re.search(r"/(document|answer|conversation|apikey)s?/1(?=/|$)", path)
    return path.replace("/1", f"/{ids[table[1]]}", 1) if table else path


def test_looking_at_every_address_changes_nothing_and_calls_no_model(settings: LazySettings):
    settings.QABOT_RATES = dict.fromkeys(settings.QABOT_RATES)
    root = make_user("root", is_staff=True, is_superuser=True)
    document = index_text(default_collection(), "bees.txt", "Bees make honey. A hive holds 40,000 bees.", root)
    scope = scope_for(root, None, None)
    answer = ask("What do bees make?", Conversation.objects.create(owner=root), scope, options_from_settings())
    key = make_key("program", root).key
    ids = {"document": document.pk, "answer": answer.pk, "conversation": answer.conversation_id, "apikey": key.pk}
    paths = [naming_a_row(path, ids) for path in addresses()]
    client = Client(raise_request_exception=False)
    client.force_login(root)
    own_link = signin_link(root).removeprefix(settings.SITE_URL)
    before = rows()

    with FakeProvider() as model:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(model.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        statuses = [client.get(path).status_code for path in [*paths, own_link, "/?q=What+do+bees+eat"]]

    assert statuses.count(200) > 60
    assert model.requests == []
    assert {table: after for table, after in rows().items() if after != before[table]} == {}
