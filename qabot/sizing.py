"""How many web processes fit into the memory and the database connections there are. Pure but for `from_settings`.

Figures are those of `python -m bench.memory`, rounded up; docs/operate.md has the whole table.
"""

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
    worker_beside: bool = True  # the worker runs on this machine too

    def processes(self) -> int:
        """Web processes to start: as many as are wanted and fit, one at least."""
        by_connections = (self.connections - SPARE_CONNECTIONS - self.pool) // self.pool  # the worker's are always kept
        by_memory = (self.memory - self._beside()) // self._each()
        return max(1, min(self.wanted, by_connections, by_memory))

    def needed(self) -> int:
        """Bytes that the processes take at work."""
        return self._beside() + self.processes() * self._each()

    def connections_needed(self) -> int:
        """Connections that this web dyno and one worker take at most."""
        return (self.processes() + 1) * self.pool

    def _each(self) -> int:
        return WEB_LOCAL_BYTES if self.local_model else WEB_BYTES

    def _beside(self) -> int:
        worker = PARSER_BYTES + (WORKER_LOCAL_BYTES if self.local_model else WORKER_BYTES)
        return SHARED_BYTES + (worker if self.worker_beside else 0)


def from_settings() -> Sizing:
    return Sizing(
        memory=memory_bytes(settings.DYNO_RAM),
        wanted=settings.WEB_CONCURRENCY,
        connections=settings.DATABASE_CONNECTIONS,
        pool=settings.POOL["max_size"],
        local_model=settings.QABOT_EMBEDDING_PROVIDER is None,
        worker_beside=settings.WORKER_IN_WEB,
    )
