"""What fakes of engines over HTTP have in common: a server on the loopback that reads and sends JSON."""

import contextlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.stack import HOST


class JsonHandler(BaseHTTPRequestHandler):
    """Answers for `fake`; says nothing of it on the terminal."""

    fake: Any

    def read(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")

    def send(self, status: int, answer: Any, headers: Mapping[str, str] | None = None) -> None:
        content = json.dumps(answer).encode()
        with contextlib.suppress(ConnectionError):  # the client gave up
            self.send_response(status)
            sent = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


def start_server(handler: type[JsonHandler], fake: Any, port: int) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((HOST, port), type("Handler", (handler,), {"fake": fake}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


def stop_server(server: ThreadingHTTPServer | None) -> None:
    if server is not None:
        server.shutdown()
        server.server_close()
