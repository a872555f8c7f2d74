#!/usr/bin/env python
"""Run Django's management commands for this project."""

import os
import signal
import sys
from types import FrameType

from django.core.management import execute_from_command_line
from django.db import OperationalError

from qabot.embedded_postgres.binaries import EmbeddedPostgresError
from qabot.environment import ConfigurationError


def end(number: int, frame: FrameType | None) -> None:
    """End by way of the exit handlers, which stop the embedded Postgres. Long-running commands replace this."""
    sys.exit(128 + number)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qabot.settings")
    signal.signal(signal.SIGTERM, end)
    try:
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"The settings cannot be used. {error}")
    except EmbeddedPostgresError as error:
        sys.exit(str(error))
    except OperationalError as error:
        if not isinstance(error.__cause__, EmbeddedPostgresError):
            raise
        sys.exit(str(error))
