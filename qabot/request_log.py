"""One line a request, when its last byte is sent: route, status, size and time. Knows gunicorn; no Django.

The route stands for the path: a path may hold the token of a link, and a query what somebody looked for.
"""

import logging
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from qabot.log_format import ROUTE

MONITORED = frozenset({"/healthz", "/readyz"})
MAX_CHARACTERS = 200  # of a path that is no route of ours: a static file, or nothing


class RequestLogger(Logger):
    """gunicorn's own logger, with events of ours in place of Apache's format."""

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        status = int(str(resp.status).split(None, 1)[0])
        path = str(environ.get("PATH_INFO", ""))
        # Monitors ask every few seconds, and what they get to know is in lines of its own.
        level = logging.DEBUG if path in MONITORED and status == 200 else logging.INFO
        fields = {
            "method": environ.get("REQUEST_METHOD", ""),
            **({"route": environ[ROUTE]} if ROUTE in environ else {"path": path[:MAX_CHARACTERS]}),
            "status": status,
            "bytes": getattr(resp, "sent", None),
            "ms": round(request_time / timedelta(milliseconds=1), 1),
            "request_id": str(environ.get("HTTP_X_REQUEST_ID", ""))[:MAX_CHARACTERS],
        }
        self.access_log.log(level, "request", extra=fields)
