"""The database backend: Django's own for PostgreSQL, which first makes sure that the embedded server runs."""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresDatabaseWrapper

from qabot.embedded_postgres.server import SUPERUSER, server_at


class DatabaseWrapper(PostgresDatabaseWrapper):
    """OPTIONS["data_directory"] says where the data is kept."""

    def get_connection_params(self) -> dict[str, Any]:
        # Called before every connection and never at import: this is what makes the start lazy.
        params: dict[str, Any] = super().get_connection_params()
        server = server_at(Path(params.pop("data_directory")))
        server.ensure_running()
        return {**params, "host": str(server.socket_directory), "user": SUPERUSER}
