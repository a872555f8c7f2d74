"""How gunicorn serves: threads, since most of a request's time is spent waiting for a model."""

import gc
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qabot.settings")

from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper

from qabot import sizing
from qabot.provider import load_sdk
from qabot.stopping import this_process

wsgi_app = "qabot.wsgi"
bind = f"{'0.0.0.0' if settings.ON_DYNO else '127.0.0.1'}:{settings.PORT}"  # noqa: S104 - a dyno must
worker_class = "gthread"
size = sizing.from_settings()
workers = size.processes()
threads = settings.QABOT_MAX_STREAMS + 8  # answers under way leave some for everything else
preload_app = True  # the workers share the memory of what is imported
timeout = 60  # seconds without a sign of life from a worker process; long streams do not count
graceful_timeout = 25  # seconds; Heroku kills what is left 30 s after SIGTERM
keepalive = 95  # seconds; above the 90 s of Heroku's router, which must be the one to close
forwarded_allow_ips = "*" if settings.ON_DYNO else "127.0.0.1"
header_map = "drop"  # X_Forwarded_For would pass for X-Forwarded-For
forwarder_headers = ""  # no proxy of ours sends SCRIPT_NAME or PATH_INFO, and a router hands on what callers send
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk may block the heartbeat
control_socket_disable = True
logger_class = "qabot.request_log.RequestLogger"
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        # At DEBUG it repeats every path, and some hold the token of a link.
        "gunicorn.error": {
            "handlers": ["stdout"],
            "level": settings.LOG_LEVEL.replace("DEBUG", "INFO"),
            "propagate": False,
        },
        "gunicorn.access": {"handlers": ["stdout"], "level": settings.LOG_LEVEL, "propagate": False},
    },
}


def on_starting(server: Any) -> None:
    if workers < settings.WEB_CONCURRENCY:
        server.log.warning("Memory or database connections allow %d web processes, not %d.", workers, size.wanted)
    if settings.QABOT_CHAT_PROVIDER or settings.QABOT_EMBEDDING_PROVIDER:
        load_sdk()  # 25 MB that each process would take for itself at its first question


def pre_fork(server: object, worker: object) -> None:
    """Workers must not share the sockets of a pool, should something imported have opened one."""
    pools = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]  # private; `close_pool` would make one
    while pools:
        pools.popitem()[1].close()
    gc.collect()
    gc.freeze()  # a collection writes into every object it looks at, and so would copy all that is shared


def post_worker_init(worker: Any) -> None:
    """Streams under way end with a last event before gunicorn would cut them off."""
    this_process.watch(lambda: not worker.alive, worker.cfg.graceful_timeout)
