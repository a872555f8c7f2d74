"""What gunicorn makes of requests that no browser sends: one real server as on a dyno, spoken to byte by byte."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

PASSWORD = "db-canary-0123456789"
HOST = "qabot.herokuapp.com"
SECONDS = 60  # for a slow machine to start and to answer
ENVIRONMENT = {
    "DYNO": "web.1",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "DATABASE_URL": f"postgres://u:{PASSWORD}@127.0.0.1:1/d",  # nobody listens there
    "WEB_CONCURRENCY": "1",
    "LOG_LEVEL": "DEBUG",
}
FRAMING = {
    "Content-Length twice": "Content-Length: 3\r\nContent-Length: 4",
    "the same Content-Length twice": "Content-Length: 3\r\nContent-Length: 3",
    "Content-Length and Transfer-Encoding": "Content-Length: 3\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding without chunked": "Transfer-Encoding: gzip",
    "an unknown Transfer-Encoding": "Transfer-Encoding: xchunked",
    "a space before the colon": "Content-Length : 3",
    "a negative Content-Length": "Content-Length: -1",
    "a folded line": "X-A: b\r\n folded: c",
    "Host twice": "Host: evil.example",
    "X-Forwarded-Proto twice, not the same": "X-Forwarded-Proto: http",
}


class Server:
    """Gunicorn with the project's own configuration, and all it has printed."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "tests.fakes.echoing_site"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "HEROKU_APP_DEFAULT_DOMAIN_NAME": HOST, **ENVIRONMENT, "PORT": str(self.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def send(self, lines: str, path: str = "/environ", method: str = "GET", body: str = "") -> bytes:
        """The whole answer to a request with these header lines, as the router would hand it on."""
        head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\n"
        lines = f"{lines}\r\n" if lines else ""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            connection.sendall(f"{head}{lines}Connection: close\r\n\r\n{body}".encode("latin-1"))
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def environ(self, lines: str) -> dict[str, str]:
        return json.loads(self.send(lines).partition(b"\r\n\r\n")[2])

    def wait(self) -> None:
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)  # between two looks at the port
        raise AssertionError(self.end())

    def end(self) -> str:
        """Stop it; all that it printed."""
        self.process.terminate()
        return self.process.communicate(timeout=SECONDS)[0]


pytestmark = pytest.mark.usefixtures("collected_static")


@pytest.fixture(scope="module")
def server(collected_static: None) -> Iterator[Server]:
    started = Server()
    try:
        started.wait()
        yield started
    finally:
        started.end()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def head_of(answer: bytes) -> str:
    return answer.partition(b"\r\n\r\n")[0].decode("latin-1")


def test_a_header_with_an_underscore_passes_for_no_other(server: Server):
    arrived = server.environ(
        "X_Forwarded_For: 6.6.6.6\r\nX_Request_Id: forged\r\nAuthorization_: x\r\nX_CSRFToken: forged\r\n"
        "SCRIPT_NAME: /admin\r\nPATH_INFO: /admin/\r\nREMOTE_ADDR: 6.6.6.6\r\nREMOTE_USER: root"
    )

    assert "6.6.6.6" not in arrived.values()
    assert "forged" not in arrived.values()
    assert (arrived["SCRIPT_NAME"], arrived["PATH_INFO"], arrived["REMOTE_ADDR"]) == ("", "/environ", "127.0.0.1")
    assert [name for name in arrived if name.startswith(("HTTP_SCRIPT", "HTTP_PATH", "HTTP_REMOTE", "REMOTE_U"))] == []


def test_of_two_forwarded_addresses_the_routers_stays_the_last(server: Server):
    arrived = server.environ("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7, 203.0.113.9")

    assert arrived["HTTP_X_FORWARDED_FOR"] == "6.6.6.6,7.7.7.7, 203.0.113.9"


def test_two_request_ids_are_none(server: Server):
    answer = head_of(server.send("X-Request-Id: one\r\nX-Request-Id: two", "/healthz"))

    assert re.search(r"\r\nX-Request-Id: [0-9a-f-]{36}(\r\n|$)", answer)


@pytest.mark.parametrize("lines", FRAMING.values(), ids=FRAMING.keys())
def test_a_request_that_two_servers_could_read_in_two_ways_is_refused(lines: str, server: Server):
    answer = server.send(lines, "/healthz", "POST", "0\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")

    assert status_of(answer) in (400, 501)
    assert answer.count(b"HTTP/1.1 ") == 1  # what was smuggled behind it is not answered


def test_a_head_that_is_too_large_is_refused(server: Server):
    too_long = server.send("X-Long: " + "a" * 9000, "/healthz")
    too_many = server.send("\r\n".join(f"X-{number}: a" for number in range(100)), "/healthz")
    long_line = server.send("", "/healthz?" + "a" * 5000)

    assert [status_of(answer) for answer in (too_long, too_many, long_line)] == [431, 431, 414]


def test_only_the_sites_own_names_are_answered_and_only_over_https(server: Server):
    def ask(host: str, scheme: str) -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
            head = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Proto: {scheme}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode())
            return b"".join(iter(lambda: connection.recv(65536), b""))

    assert [status_of(ask(host, "https")) for host in (HOST, "evil.example", f"evil.{HOST}")] == [200, 400, 400]
    assert f"\r\nLocation: https://{HOST}/healthz" in head_of(ask(HOST, "http"))


def test_a_dynos_cookies_are_bound_to_its_host(server: Server):
    answer = head_of(server.send("", "/login"))

    [cookie] = [line for line in answer.split("\r\n") if line.lower().startswith("set-cookie:")]
    assert cookie.startswith("Set-Cookie: __Host-csrftoken=")
    assert {part.strip() for part in cookie.split(";")[1:]} >= {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}
    assert "Domain" not in cookie
    assert "\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n" in answer


def test_a_database_that_is_down_tells_nothing_of_itself():
    server = Server()
    try:
        server.wait()
        asked = [
            ("Cookie: __Host-sessionid=abcdefghijklmnopqrstuvwxyz012345", "/documents"),
            ("Authorization: Bearer qab_abcdefgh_" + "0" * 64, "/api/documents"),
            ("", "/readyz"),
        ]
        with ThreadPoolExecutor() as together:  # each waits ten seconds for a connection
            answers = list(together.map(lambda request: server.send(*request), asked))
    finally:
        printed = server.end()

    assert [status_of(answer) for answer in answers] == [503, 503, 503]
    for text in (*(answer.decode() for answer in answers), printed):
        assert not any(secret in text for secret in (PASSWORD, ENVIRONMENT["SECRET_KEY"], "0" * 64))
