"""How many web processes and workers fit into the memory and the connections there are. Pure but for `from_settings`.

Figures are those of `python -m bench.memory`, rounded up; docs/operate.md has the whole table.
"""

import os
from dataclasses import dataclass

from django.conf import settings

from qabot.machine import MEGABYTE, memory_bytes

WEB_BYTES, WEB_LOCAL_BYTES = 50 * MEGABYTE, 75 * MEGABYTE  # a process with answers under way; with the local model
SHARED_BYTES = 125 * MEGABYTE  # what web processes share, and the supervisor
WORKER_BYTES, WORKER_LOCAL_BYTES = 120 * MEGABYTE, 165 * MEGABYTE  # while it indexes
PARSER_BYTES = 30 * MEGABYTE  # of a long document; PARSER_MEMORY_BYTES bounds a hostile one
SPARE_CONNECTIONS = 4  # the release phase, `heroku run`, psql


@dataclass(frozen=True)
class Sizing:
    """What there is, and what is asked for."""

    memory: int  # bytes, for everything on this machine
    wanted: int  # web processes
    connections: int  # that the database plan allows
    pool: int  # connections of one process at most
    local_model: bool = False
    wanted_workers: int = 1  # beside the web processes; none if they run elsewhere
    processors: int = 1

    def processes(self) -> int:
        """Web processes to start: as many as are wanted and fit, one at least."""
        by_connections = (self.connections - SPARE_CONNECTIONS - self.pool) // self.pool  # the worker's are always kept
        worker = self._worker() if self.wanted_workers else 0
        by_memory = (self.memory - SHARED_BYTES - worker) // self._each()
        return max(1, min(self.wanted, by_connections, by_memory))

    def workers(self) -> int:
        """Workers beside the web processes. A further one needs a processor and room that no web process takes."""
        room = self.memory - SHARED_BYTES - self.processes() * self._each()
        connections = self.connections - SPARE_CONNECTIONS - self.processes() * self.pool
        most = min(room // self._worker(), connections // self.pool, self.processors)
        return min(self.wanted_workers, max(1, most))

    def needed(self) -> int:
        """Bytes that the processes take at work."""
        return SHARED_BYTES + self.processes() * self._each() + self.workers() * self._worker()

    def connections_needed(self) -> int:
        """Connections that this web dyno and its workers take at most, or one worker elsewhere."""
        return (self.processes() + max(1, self.workers())) * self.pool

    def _each(self) -> int:
        return WEB_LOCAL_BYTES if self.local_model else WEB_BYTES

    def _worker(self) -> int:
        return PARSER_BYTES + (WORKER_LOCAL_BYTES if self.local_model else WORKER_BYTES)


def from_settings() -> Sizing:
    return Sizing(
        memory=memory_bytes(settings.DYNO_RAM),
        wanted=settings.WEB_CONCURRENCY,
        connections=settings.DATABASE_CONNECTIONS,
        pool=settings.POOL["max_size"],
        local_model=settings.QABOT_EMBEDDING_PROVIDER is None,
        wanted_workers=settings.WORKER_CONCURRENCY if settings.WORKER_IN_WEB else 0,
        processors=os.cpu_count() or 1,
    )
