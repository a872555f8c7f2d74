"""Tell a load balancer or a monitor whether this process lives, and whether it can serve."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from qabot.embedded_postgres.binaries import EmbeddedPostgresError


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of the database: a restart would not mend that."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """503 until the database answers and all migrations are applied; says which of the two is missing."""
    try:
        pending = _pending_migrations()
    except (DatabaseError, EmbeddedPostgresError):
        return JsonResponse({"ready": False, "database": False, "pending_migrations": None}, status=503)
    body = {"ready": not pending, "database": True, "pending_migrations": pending}
    return JsonResponse(body, status=503 if pending else 200)


def _pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
