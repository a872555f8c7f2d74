"""A site with something of everything on it, made once for all tests of a module: people, documents, conversations.

Tests that use it look and leave nothing that others would miss; who deletes or uploads takes `open_page` instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from answers.evaluation.models import GoldenQuestion
from answers.models import Answer, AnswerStatus, Conversation, Mode
from documents.models import Collection, Document, Readers, Worker
from qabot.provider import ProviderSettings
from qabot.provider_choice import LOCAL_EMBEDDING_MODEL
from tests.fakes.provider import FakeProvider
from tests.library import index_file, index_text, make_collection, make_user
from tests.small_pdf import make_pdf

HANDBOOK = [
    ["Employee handbook", "", "This handbook holds for everybody who works at the observatory."],
    [
        "Leave",
        "",
        "Full-time employees have 28 days of annual leave. Five unused days may be carried over until March.",
        "Leave of more than three weeks has to be agreed with the head of department two months ahead.",
    ],
    ["Working from abroad", "", "Working from abroad is possible for up to 20 working days per year."],
]
GUIDE = """# Telescope guide

## Opening the dome

The dome is opened only when the wind is below 50 kilometres an hour and the humidity below 85 percent.

## Cooling

The camera needs forty minutes to cool down to minus 20 degrees.
"""
ARABIC = "يحق لكل موظف ثمانية وعشرون يوما من الإجازة السنوية. يمكن العمل من الخارج لمدة عشرين يوما في السنة."
LEAVE = "How many days of annual leave do full-time employees have?"
ARABIC_QUESTION = "كم يوما من الإجازة السنوية يحق لكل موظف؟"
OFF_TOPIC = "What is the boiling point of liquid helium on Jupiter's moon?"
RICH = """Full-time employees have **28 days** of annual leave [1]. What matters besides:

1. Five unused days may be carried over until March [1].
2. Leave of more than three weeks has to be agreed `two months` ahead [1].

| Kind | Days | Who agrees, and when it has to be asked for at the latest |
| --- | --- | --- |
| Annual leave | 28 | the head of department, two months ahead where it is more than three weeks |
| Abroad | 20 | the head of department |

```
leave = 28 + carried_over  # a line of code that is rather longer than any phone is wide, to see it scroll by itself
```
"""
NAMES = {"board": "Minutes of the board and of all its committees, 2019 to 2026"}
LONG_NAME = "a-report-with-a-name-that-nobody-would-type-" + "x" * 90 + ".txt"
UNREADABLE = "The file is damaged and cannot be read. Save it anew with the program that made it, and upload it again."
NO_KEYS_BUT_OURS: dict[str, Any] = {
    "QABOT_CHAT_PROVIDER": None,
    "QABOT_CHAT_MODEL": "",
    "QABOT_EMBEDDING_PROVIDER": None,
    "QABOT_EMBEDDING_MODEL": LOCAL_EMBEDDING_MODEL,
    "QABOT_EMBEDDING_DIMENSIONS": None,
    "QABOT_RATES": dict.fromkeys(settings.QABOT_RATES),
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "ALLOWED_HOSTS": ["*"],
}
PLAIN_STATIC = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@dataclass
class World:
    """Who and what there is. `ids` names what addresses need: `/conversations/{rich}`."""

    url: str
    people: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)  # cookies: what a test saves itself, no server sees

    def address(self, path: str) -> str:
        return path.format(**self.ids)

    def client_of(self, person: str) -> Client:
        client = Client()
        client.force_login(self.people[person])
        return client


@contextmanager
def furnished_world() -> Iterator[World]:
    """A server of its own with all of it. The database is emptied afterwards, as after every test that saves."""
    _only_on_a_test_database()
    server = LiveServer("localhost")
    plain = {**settings.STORAGES, "staticfiles": PLAIN_STATIC}
    with override_settings(**NO_KEYS_BUT_OURS, SITE_URL=server.url, STORAGES=plain):
        world = World(server.url)
        try:
            _furnish(world)
            yield world
        finally:
            server.stop()
            _only_on_a_test_database()
            # Ids go on: an HNSW index that an earlier test left is of the embedding index with its number.
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
            connection.close()


@contextmanager
def model(mode: str) -> Iterator[FakeProvider]:
    """A chat model that behaves so, while this lasts."""
    with (
        FakeProvider(mode) as provider,
        override_settings(
            QABOT_CHAT_PROVIDER=ProviderSettings(provider.base_url, "key"), QABOT_CHAT_MODEL="gpt-example"
        ),
    ):
        yield provider


def _only_on_a_test_database() -> None:
    """pytest-django makes one only where a test is marked `django_db`; else the real one would be emptied."""
    name = str(connection.settings_dict["NAME"])
    if not name.startswith("test_"):
        raise RuntimeError(f"{name} is no test database: mark the module django_db.")


def _furnish(world: World) -> None:
    for name in ("alice", "newcomer", "outsider"):
        world.people[name] = make_user(name, email=f"{name}@example.org")
    world.people["root"] = make_user("root", is_staff=True, is_superuser=True)
    for name in world.people:
        world.sessions[name] = world.client_of(name).cookies[settings.SESSION_COOKIE_NAME].value
    shelf = Collection.objects.filter(slug="documents").first() or make_collection("documents")
    for collection in (
        shelf,
        make_collection("board"),
        make_collection("inbox"),
    ):
        collection.readers, collection.adders = Readers.MEMBERS, "members"
        collection.name = NAMES.get(collection.slug, collection.name)
        collection.save()
        collection.members.set([world.people["newcomer" if collection.slug == "inbox" else "alice"]])
    _shelve(world, shelf)
    _fill_list(world, shelf)
    _converse(world)


def _shelve(world: World, shelf: Collection) -> None:
    alice = world.people["alice"]
    made = {
        "pdf": index_file(shelf, "Employee handbook 2026.pdf", make_pdf(HANDBOOK), alice),
        "text": index_text(shelf, "Telescope guide.md", GUIDE, alice),
        "arabic": index_text(shelf, "دليل الموظفين.txt", ARABIC, alice),
        "long": index_text(shelf, LONG_NAME, "Figures of the year. " + "y" * 300, alice),
    }
    world.ids |= {name: document.pk for name, document in made.items()}


def _fill_list(world: World, shelf: Collection) -> None:
    """A list of more than one page, with a document in every state. Only those of `_shelve` have anything in them."""
    Worker.objects.create(name="worker.1", seen_at=timezone.now() + timedelta(days=1))

    def row(name: str, **more: Any) -> Document:
        filled = {"media_type": "text/plain", "size_bytes": 40_000, "status": "ready", "chunks_total": 9, **more}
        return Document(collection=shelf, name=name, sha256=uuid4().hex * 2, uploader=world.people["alice"], **filled)

    held = {"lease_until": timezone.now() + timedelta(days=1), "lease_token": uuid4()}
    rows = [row(f"Minutes of week {week}.txt", pages_total=3) for week in range(1, 31)]
    rows += [
        row("Annual report.pdf", status="failed", error=UNREADABLE, error_code="damaged", chunks_total=0),
        row(
            "Long scan.pdf", status="processing", stage="embedding", pages_done=9, pages_total=9, chunks_done=4, **held
        ),
        row("Waiting.docx", status="pending", chunks_total=0, lease_until=held["lease_until"]),
        row("Held back.txt", quarantined_at=timezone.now(), quarantine_reason="A copy of a letter that is not ours."),
    ]
    Document.objects.bulk_create(rows)
    world.ids |= {"failed": rows[-4].pk, "held": rows[-1].pk}


def _converse(world: World) -> None:
    alice = world.client_of("alice")
    for number in range(1, 41):
        Conversation.objects.create(owner=world.people["alice"], title=f"What did the board decide in week {number}?")
    _ask(world, alice, "extracted", LEAVE)
    _ask(world, alice, "refused", OFF_TOPIC)
    _ask(world, alice, "from_right", ARABIC_QUESTION)
    with model(f"says:{RICH}"):
        _ask(world, alice, "rich", LEAVE)
        _ask(world, alice, "rich", "And how many may be carried over?", conversation=world.ids["rich"])
    broken = Conversation.objects.create(owner=world.people["alice"], title="What went wrong?")
    for status in (AnswerStatus.FAILED, AnswerStatus.INTERRUPTED):
        Answer.objects.create(conversation=broken, question="Who opens the dome?", status=status, mode=Mode.GENERATED)
    world.ids["broken"] = broken.pk
    world.ids["golden"] = GoldenQuestion.objects.create(
        question=LEAVE, collection=Collection.objects.get(slug="documents"), expected_text="28 days"
    ).pk
    shared = alice.post(world.address("/answers/{rich_answer}/share")).content.decode()
    world.ids["token"] = shared.partition("/shared/")[2].partition('"')[0]


def _ask(world: World, client: Client, name: str, question: str, **more: Any) -> None:
    """Ask as the form does; the conversation and the answer go by this name."""
    sent = client.post("/ask", {"question": question, "conversation": "", **more})
    if sent.status_code != 302:
        raise AssertionError(f"{question}: {sent.status_code}")
    asked = Answer.objects.latest("pk")
    world.ids |= {name: asked.conversation_id, f"{name}_answer": asked.pk}
