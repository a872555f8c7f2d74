"""The real site behind a real gunicorn, and one address more: `/environ` tells what arrived, as JSON."""

import json
from collections.abc import Iterable
from typing import Any

from qabot.wsgi import application as site


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/environ":
        return site(environ, start_response)
    texts = {name: value for name, value in environ.items() if isinstance(value, str)}
    content = json.dumps(texts).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]
