"""An OpenAI-compatible provider on this machine that answers, fails, hangs and lies on demand.

    with FakeProvider("ok") as provider: ...                  # in a test; .base_url, .requests, .mode
    python -m tests.fakes.provider --port 9999 --mode ok      # by hand

A mode is one name, or a list of names for one request after the other (the last one stays). After a colon stands the
mode's number: tokens for `cut:3`, seconds for `429:1` (Retry-After) and `slow:0.2` (between tokens), the name of a
parameter for `unknown_parameter:max_tokens`. While a server runs, `POST /mode` with `{"mode": …}` changes it.
"""

import argparse
import json
import re
import select
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.fakes.provider_answers import OBEYING_ANSWER, answer
from tests.fakes.provider_payloads import chunk, completion, embeddings, error, usage

MODES = {
    "ok": "answers",
    "401": "refuses the key, and quotes it",
    "403": "refuses, and quotes the key",
    "404": "does not know the model",
    "400": "refuses the request",
    "429": "asks for fewer requests; 429:N with Retry-After",
    "500": "fails; 500:N with Retry-After",
    "503": "fails; 503:N with Retry-After",
    "refused": "nobody listens (for the life of the server)",
    "hang_connect": "connections are never accepted (for the life of the server)",
    "hang": "takes the request and says nothing",
    "hang_first_token": "sends the headers and nothing else",
    "keepalive": "sends the headers and comments for ever",
    "hang_mid": "hang_mid:K falls silent after K tokens",
    "trickle": "sends tokens for ever, one every 20 ms",
    "cut": "cut:K closes the connection after K tokens",
    "slow": "slow:S waits S seconds between tokens",
    "bad_json": "sends what is not JSON",
    "split_multibyte": "sends one byte at a time",
    "empty_choices": "answers with no choices",
    "error_in_stream": "reports an error inside a reply that began well",
    "content_filter": "stops after two tokens for its content filter",
    "content_filter_400": "refuses the request for its content filter",
    "length": "stops after two tokens for max_tokens",
    "no_usage": "does not count tokens",
    "wrong_count": "one vector too few",
    "wrong_dimension": "vectors one number too short",
    "nan": "a vector with NaN",
    "says": "says:TEXT answers with this text",
    "obeying": "does what a hostile document says: images, links, HTML, citations of nothing",
    "unknown_parameter": "unknown_parameter:NAME refuses requests that hold NAME",
    "quota": "429 because the account's quota is used up",
}


@dataclass
class RecordedRequest:
    """One request as it came, and what became of it."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]  # names in lower case
    at: float  # time.monotonic()
    mode: str
    client_left: threading.Event = field(default_factory=threading.Event)  # before it had the whole reply


class FakeProvider:
    """The server, from `with` to its end. `mode` may be changed in between."""

    def __init__(self, mode: str | Sequence[str] = "ok", port: int = 0, says: str = "") -> None:
        self.mode: str | Sequence[str] = mode
        self.says = says  # in every mode; "" says what the passages hold
        self.requests: list[RecordedRequest] = []
        self.stopping = threading.Event()
        self._port = port
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._server: ThreadingHTTPServer | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> Self:
        if self.mode in ("refused", "hang_connect"):
            self._port = self._dead_port(listening=self.mode == "hang_connect")
            return self
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = _Server(("127.0.0.1", self._port), handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        for held in self._sockets:
            held.close()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def record(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> RecordedRequest:
        with self._lock:
            modes = [self.mode] if isinstance(self.mode, str) else list(self.mode)
            if len(modes) > 1:
                self.mode = modes[1:]
            request = RecordedRequest(path, body, headers, time.monotonic(), modes[0])
            self.requests.append(request)
            return request

    def _dead_port(self, listening: bool) -> int:
        held = socket.socket()
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        self._sockets.append(held)  # bound, so nobody else gets the port; without listen() it refuses
        if listening:
            held.listen(0)
            for _ in range(4):  # the kernel drops what comes once the queue is full
                waiting = socket.socket()
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
                self._sockets.append(waiting)
        return port


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is an everyday thing here, not a traceback."""


class _Handler(BaseHTTPRequestHandler):
    provider: FakeProvider
    protocol_version = "HTTP/1.1"
    request_record: RecordedRequest
    argument = ""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Tests read `requests` instead."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.path == "/mode":
            self.provider.mode = body["mode"]
            return self._send(200, {"mode": body["mode"]})
        self.request_record = self.provider.record(
            self.path, body, {name.lower(): value for name, value in self.headers.items()}
        )
        mode, _, self.argument = self.request_record.mode.partition(":")
        try:
            if not self._failed(mode, body):
                self._answer(mode, body)
        except OSError:
            self.request_record.client_left.set()
            self.close_connection = True

    def _failed(self, mode: str, body: dict[str, Any]) -> bool:
        key = self.headers.get("Authorization", "")
        if mode in ("400", "401", "403", "404", "429", "500", "503"):
            headers = {"Retry-After": self.argument} if self.argument else {}
            self._send(int(mode), error(f"Incorrect API key provided: {key}", code="invalid_api_key"), headers)
        elif mode == "quota":
            self._send(429, error("You exceeded your current quota", code="insufficient_quota"))
        elif mode == "content_filter_400":
            self._send(400, error("The prompt was filtered", code="content_filter"))
        elif mode == "unknown_parameter" and self.argument in body:
            self._send(400, error(f"Unsupported parameter: '{self.argument}'", code="unsupported_parameter"))
        elif mode == "hang":
            self._fall_silent()
        elif mode == "bad_json" and not body.get("stream"):
            self._send_bytes(200, b"<html>It works!</html>")
        else:
            return False
        return True

    def _answer(self, mode: str, body: dict[str, Any]) -> None:
        if self.path.endswith("/embeddings"):
            self._send(200, embeddings(body, mode))
        elif self.path.endswith("/chat/completions"):
            told = {"obeying": OBEYING_ANSWER, "says": self.argument}.get(mode) or self.provider.says
            text = told or answer(body["messages"])
            if body.get("stream"):
                self._stream(mode, body, re.findall(r"\s*\S+|\s+$", text))
            else:
                self._send(200, completion(mode, body, text))
        else:
            self._send(404, error("No such path"))

    def _stream(self, mode: str, body: dict[str, Any], tokens: list[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if mode in ("hang_first_token", "keepalive"):
            return self._fall_silent(b": still thinking\n\n" if mode == "keepalive" else b"")
        if mode == "empty_choices":
            tokens = []
        self._event(chunk({"role": "assistant", "content": ""}))
        sent = 0
        while tokens and (sent < len(tokens) or mode == "trickle"):
            if self._interrupted(mode, sent):
                return None
            self._event(chunk({"content": tokens[sent % len(tokens)]}), byte_by_byte=mode == "split_multibyte")
            sent += 1
            if mode in ("length", "content_filter") and sent == 2:
                break
        return self._end_stream(mode, body, sent)

    def _interrupted(self, mode: str, sent: int) -> bool:
        """Do before a token what the mode says; whether the stream ends here."""
        if mode in ("slow", "trickle"):
            self._pause(float(self.argument or 0.02))
        if mode == "bad_json" and sent == 1:
            self._data(b"data: {not json\n\n")
        if mode == "error_in_stream" and sent == 1:
            self._event(error(f"Overloaded: {self.headers.get('Authorization')}"))
        if mode == "cut" and sent == int(self.argument or 0):
            self.close_connection = True
            return True
        if mode == "hang_mid" and sent == int(self.argument or 0):
            self._fall_silent()
            return True
        return False

    def _end_stream(self, mode: str, body: dict[str, Any], sent: int) -> None:
        reason = mode if mode in ("length", "content_filter") else "stop"
        if mode == "empty_choices":
            self._event({"object": "chat.completion.chunk", "choices": []})
        else:
            self._event(chunk({}, finish_reason=reason))
        if mode != "no_usage" and body.get("stream_options", {}).get("include_usage"):
            self._event({"object": "chat.completion.chunk", "choices": [], "usage": usage(body, sent)})
        self._data(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, payload: dict[str, Any], byte_by_byte: bool = False) -> None:
        content = b"data: " + json.dumps(payload, ensure_ascii=False).encode() + b"\n\n"
        for piece in [content[at : at + 1] for at in range(len(content))] if byte_by_byte else [content]:
            self._data(piece)

    def _data(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.flush()

    def _fall_silent(self, comment: bytes = b"") -> None:
        """Send nothing (or the comment, over and over) until the client has left or the server ends."""
        while not self.provider.stopping.is_set():
            self._pause(0.02)
            if comment:
                self._data(comment)
        self.close_connection = True

    def _pause(self, seconds: float) -> None:
        """Wait; raises OSError once the client has left."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and not self.connection.recv(1, socket.MSG_PEEK):
            raise ConnectionResetError("The client left.")

    def _send(self, status: int, payload: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(payload).encode(), headers)

    def _send_bytes(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A fake OpenAI-compatible provider.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", default="ok", help="; ".join(f"{name}: {what}" for name, what in MODES.items()))
    arguments = parser.parse_args()
    with FakeProvider(arguments.mode, arguments.port) as provider:
        print(f"OPENAI_BASE_URL={provider.base_url} OPENAI_API_KEY=fake", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
