"""A process that keeps copies in an engine whose data lie in a file, slowly, until it is killed: FILE HOST SECONDS."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

import django

django.setup()

from documents.engine_copies import delivering  # noqa: E402 - models need Django
from documents.engine_copies.keeping import keep_until  # noqa: E402
from qabot.supervisor import die_with_parent  # noqa: E402
from tests.fakes.engine import FakeEngineServer  # noqa: E402

die_with_parent()
path, host, seconds = sys.argv[1:]
server = FakeEngineServer(Path(path))
place = replace(server.place, host=host)
server.register(host)
server.slow = float(seconds)
delivering.CHANGES_AT_ONCE = 5
keep_until(threading.Event(), place)
