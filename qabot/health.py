"""Tell a load balancer or a monitor whether this process lives, and whether it can serve."""

import functools
from collections.abc import Sequence

from django.conf import settings
from django.db import DatabaseError, ProgrammingError
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from documents.vector_index.choice import configured_place
from documents.vital_signs import VitalSigns, read_vital_signs
from qabot.doctor import work
from qabot.doctor.breakers import check_breakers
from qabot.doctor.finding import Finding, as_dict, has_problem, ok, problem
from qabot.embedded_postgres.binaries import EmbeddedPostgresError


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of the database: a restart would not mend that."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """What asking and indexing need, a line each; 503 only while asking is impossible."""
    findings = readiness()
    impossible = has_problem(findings)
    body = {"ready": not impossible, "checks": as_dict(findings)}
    return JsonResponse(body, status=503 if impossible else 200)


def readiness() -> Sequence[Finding]:
    """One round trip to the database. Anybody may read this, so it says nothing that only operators should know."""
    try:
        signs = read_vital_signs()
    except ProgrammingError:
        return [ok("database", "It answers."), work.tables_missing()]
    except (DatabaseError, EmbeddedPostgresError):
        return [problem("database", "It does not answer.", "Look with: heroku pg:info")]
    breakers = check_breakers(settings.QABOT_CHAT_PROVIDER, settings.QABOT_EMBEDDING_PROVIDER)
    return [ok("database", "It answers."), *judged(signs), *breakers]


def judged(signs: VitalSigns) -> Sequence[Finding]:
    place = configured_place()
    copy = work.CopySigns(signs.copy_state, signs.copy_error or "", signs.changes_waiting, signs.changes_seconds)
    return [
        work.check_pgvector(signs.pgvector),
        work.check_migrations(known_migrations(), signs.migrations),
        work.check_index(signs.active_model, settings.QABOT_EMBEDDING_MODEL),
        work.check_queue(signs.waiting, signs.oldest_seconds),
        work.check_worker(signs.worker_seconds),
        *([work.check_copy(place.engine, copy)] if place else []),
    ]


@functools.cache
def known_migrations() -> frozenset[work.Migration]:
    """This release's own, as they stand on the disk: they do not change while a process lives."""
    return frozenset(MigrationLoader(None).disk_migrations)
