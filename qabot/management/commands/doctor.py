"""Look at everything that cannot be known beforehand, and say what to do about it. Exit status 1 on a problem."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from documents.embedding.base import EmbedderUnavailable
from documents.embedding.choice import embedder_for
from documents.embedding.hosted import KNOWN_MODELS, HostedModel
from documents.embedding.local import LOCAL_MODEL
from documents.models import Document, EmbeddingIndex
from documents.vector_index.base import VectorIndexUnavailable
from documents.vector_index.choice import configured_place
from documents.vector_index.opening import open_engine
from qabot import health, sizing
from qabot.doctor import database, host, programs, providers, services
from qabot.doctor.finding import Finding, as_dict, as_text, has_problem, ok, problem
from qabot.doctor.work import check_failed
from qabot.provider import provider_for


class Command(BaseCommand):
    help = "Look at everything that cannot be known beforehand, and say what to do about it."
    requires_system_checks: list[str] = []  # a doctor comes when something is wrong

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument("--offline", action="store_true", help="call no model, mail server or identity provider")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(_findings(offline=options["offline"]))
        if options["json"]:
            report = json.dumps({"well": not has_problem(findings), "checks": as_dict(findings)}, ensure_ascii=False)
        else:
            report = as_text(findings)
        # Nothing in it should be secret; what a server says of itself is not ours to know.
        self.stdout.write(settings.REDACTOR(report))
        if has_problem(findings):
            sys.exit(1)


def _findings(*, offline: bool) -> Iterator[Finding]:
    yield from programs.check_programs()
    yield from _of_this_machine()
    readiness = health.readiness()
    yield from readiness
    if usable := not has_problem(readiness):
        yield from _of_the_database()
    yield from _of_models(EmbeddingIndex.objects.active() if usable else None, offline=offline)
    if not offline:
        yield from _of_the_engine()
        yield services.check_email(getattr(settings, "EMAIL_HOST", ""), sends=settings.QABOT_SENDS_EMAIL)
        yield services.check_openid(settings.QABOT_OPENID_PROVIDER)
    yield services.check_deployment(on_dyno=settings.ON_DYNO)
    yield host.check_backups(on_dyno=settings.ON_DYNO)


def _of_this_machine() -> Iterator[Finding]:
    size = sizing.from_settings()
    yield host.check_memory(size.memory, size.needed(), size.processes(), size.wanted, size.workers())
    embedded = not settings.DATABASE_URL
    yield host.check_disk(settings.VAR_DIR if embedded else Path(gettempdir()), lasting=embedded)
    yield host.check_address(settings.SITE_URL, on_dyno=settings.ON_DYNO)


def _of_the_database() -> Iterator[Finding]:
    facts, size = database.read_database(), sizing.from_settings()
    yield database.check_postgres(facts)
    yield database.check_extension_offered(facts)
    yield database.check_connections(facts, size.connections_needed(), settings.DATABASE_CONNECTIONS)
    yield database.check_memory_settings(facts)
    yield database.check_storage(facts, settings.DATABASE_PLAN_BYTES)
    yield database.check_writable(facts)
    yield database.check_clock(facts)
    yield check_failed(Document.objects.filter(status="failed").count())
    yield services.check_rate_limits()


def _of_models(index: EmbeddingIndex | None, *, offline: bool) -> Iterator[Finding]:
    chat = settings.QABOT_CHAT_PROVIDER
    if chat is not None:
        yield providers.check_price("answers", settings.QABOT_CHAT_MODEL, settings.QABOT_MODEL_PRICES)
    if not offline:
        yield providers.check_chat(provider_for(chat) if chat else None, settings.QABOT_CHAT_MODEL)
    name = index.model if index else settings.QABOT_EMBEDDING_MODEL
    dimensions = index.dimensions if index else settings.QABOT_EMBEDDING_DIMENSIONS
    if name == LOCAL_MODEL:
        yield _of_the_local_model()
    elif settings.QABOT_EMBEDDING_PROVIDER is None:
        advice = "Set the provider's key again (docs/settings.md#models); until then words alone are searched."
        yield problem("embedding", f"Documents are indexed with {name}, and no provider is configured.", advice)
    else:
        yield providers.check_price("embedding", name, settings.QABOT_MODEL_PRICES)
        if not offline:
            yield providers.check_embedding(
                provider_for(settings.QABOT_EMBEDDING_PROVIDER), _expected(name, dimensions)
            )


def _of_the_engine() -> Iterator[Finding]:
    if (place := configured_place()) is None:
        return
    try:
        yield ok("engine's server", f"{place.location}: {open_engine(place, 'qabot_doctor', 1).health()}.")
    except VectorIndexUnavailable as error:
        advice = "Look at VECTOR_INDEX_URL and its key (docs/settings.md#processes). Words are searched for meanwhile."
        yield problem("engine's server", f"{place.location}: {error}", advice)


def _of_the_local_model() -> Finding:
    try:
        embedder_for(LOCAL_MODEL).embed_question("Hello")
    except EmbedderUnavailable as error:
        return problem("embedding", str(error), "Or use a provider: docs/deploy.md#models")
    return ok("embedding", f"{LOCAL_MODEL} works on this machine.")


def _expected(name: str, dimensions: int | None) -> providers.EmbeddingModel:
    known = KNOWN_MODELS.get(name, HostedModel(dimensions=0))
    return providers.EmbeddingModel(
        name=name,
        dimensions=dimensions or known.dimensions or None,
        shortens=known.shortens,
        input_type="search_query" if known.wants_input_type else None,
    )
