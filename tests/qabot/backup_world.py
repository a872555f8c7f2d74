"""A database with a document, an answer that cites it, and a second document: what backups are made of in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.contrib.contenttypes.models import ContentType

from answers.answering import ask
from answers.evaluation.running import QUOTING, scope_of
from answers.models import Conversation
from documents.models import Collection, Document, EmbeddingIndex
from qabot.backup.archive import Archive, read_archive
from qabot.backup.dumping import dump
from qabot.backup.scratch import PREFIX, drop, new_name
from qabot.backup.server import MAINTENANCE_DATABASE, Server, configured_server
from qabot.backup.tools import Tools, find_tools
from qabot.management.backups import known_migrations
from tests.library import index_text, make_collection

CATS = "The cat sleeps on the red mat.\n\nIt is fed at seven o'clock every morning.\n\nDogs bark at night."
QUESTION = "When is the cat fed?"
Quote = tuple[str, int, int, str]


def fill() -> Collection:
    """A collection with a ready document and an answer that quotes it."""
    collection = make_collection("pets")
    index_text(collection, "cats.txt", CATS)
    quotes_for(QUESTION, collection)
    return collection


def quotes_for(question: str, collection: Collection) -> list[Quote]:
    """What an answer cites: document, start, end and words of each quote."""
    answer = ask(question, Conversation.objects.create(), scope_of(collection.pk), QUOTING)
    return [(one.document_name, one.start, one.end, one.quote) for one in answer.citations.all()]


def empty() -> None:
    """Remove what `fill` made, where no transaction does."""
    Conversation.objects.all().delete()
    Document.objects.all().delete()
    Collection.objects.filter(slug="pets").delete()
    EmbeddingIndex.objects.all().delete()
    ContentType.objects.clear_cache()


def reach() -> tuple[Server, Tools]:
    server = configured_server()
    return server, find_tools(server.major, embedded=server.embedded)


def back_up(path: Path) -> Archive:
    server, tools = reach()
    dump(server, tools, path, overwrite=True, on_written=lambda written: None)
    return read_archive(path, server, tools, known_migrations())


@contextmanager
def database_beside(server: Server) -> Iterator[Server]:
    """The server with an empty database of its own as the configured one."""
    name = new_name()
    with server.connect(MAINTENANCE_DATABASE) as session:
        session.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield replace(server, parameters={**server.parameters, "dbname": name})
    finally:
        drop(server, name)


def scratch_databases(server: Server) -> set[str]:
    with server.connect(MAINTENANCE_DATABASE) as session:
        return {name for (name,) in session.execute("SELECT datname FROM pg_database") if name.startswith(PREFIX)}
