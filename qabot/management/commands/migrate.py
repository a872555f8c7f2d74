"""Django's `migrate`, which can also wait politely: for the release phase, while the old release serves."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connections

from qabot.patience import again_while_locked, lock_timeout


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout",
            type=float,
            metavar="SECONDS",
            help="wait so long for a lock at most, then let others pass and try again, for a minute",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        seconds = options.pop("lock_timeout", None)
        if seconds is None:
            super().handle(*args, **options)
            return
        with lock_timeout(connections[options.get("database") or DEFAULT_DB_ALIAS], seconds):
            # Migrations that were applied before the one that had to wait stay applied.
            again_while_locked(lambda: super(Command, self).handle(*args, **options))
