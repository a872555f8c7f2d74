"""How gunicorn serves: threads, since most of a request's time is spent waiting for a model."""

import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qabot.settings")

from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper

wsgi_app = "qabot.wsgi"
bind = f"{'0.0.0.0' if settings.ON_DYNO else '127.0.0.1'}:{settings.PORT}"  # noqa: S104 - a dyno must
worker_class = "gthread"
workers = settings.WEB_CONCURRENCY
threads = 8
preload_app = True  # the workers share the memory of what is imported
timeout = 60  # seconds without a sign of life from a worker process; long streams do not count
graceful_timeout = 25  # seconds; Heroku kills what is left 30 s after SIGTERM
keepalive = 95  # seconds; above the 90 s of Heroku's router, which must be the one to close
forwarded_allow_ips = "*" if settings.ON_DYNO else "127.0.0.1"
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk may block the heartbeat
control_socket_disable = True
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"handlers": ["stdout"], "level": settings.LOG_LEVEL, "propagate": False},
        "gunicorn.access": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
    },
}


def pre_fork(server: object, worker: object) -> None:
    """Workers must not share the sockets of a pool, should something imported have opened one."""
    pools = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]  # private; `close_pool` would make one
    while pools:
        pools.popitem()[1].close()
