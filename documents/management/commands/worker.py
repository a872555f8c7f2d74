"""Index waiting documents until SIGTERM or Ctrl-C."""

import signal
import sys
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from documents.options import indexing_options
from documents.worker import work_until


class Command(BaseCommand):
    help = "Index waiting documents until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        # SystemExit unwinds whatever is being done: transactions roll back, the parser ends, the document is released.
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, _leave)
        work_until(threading.Event(), indexing_options())


def _leave(number: int, frame: FrameType | None) -> None:
    # Told twice (by the platform and by the supervisor), the worker must not be torn out of handing its document back.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(0)
