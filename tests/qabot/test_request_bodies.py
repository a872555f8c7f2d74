"""Who sends a body, and how long it says it is, is looked at before any of it is read."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from documents.models import Document
from tests.callers import key_client
from tests.library import make_user
from tests.routes import addresses

pytestmark = pytest.mark.django_db

MEGABYTE = 1024 * 1024
HUNDRED_MB = 100 * MEGABYTE
FORM = "multipart/form-data; boundary=x"
SECONDS = 60  # that a server may take to start on a slow machine


class Body:
    """A body of any length, which notes how much of it was read."""

    def __init__(self) -> None:
        self.bytes_read = 0

    def read(self, size: int = 0) -> bytes:
        self.bytes_read += size
        return b"a" * size

    readline = read


def send(client: Client, path: str, announced: int) -> tuple[int, int]:
    """The status of the answer, and how many bytes of the body were read for it."""
    response, bytes_read = post(client, path, CONTENT_LENGTH=str(announced))
    return response.status_code, bytes_read


def post(client: Client, path: str, content_type: str = FORM, **environ: Any) -> tuple[Any, int]:
    body = Body()
    environ["wsgi.input"] = body
    return client.post(path, content_type=content_type, **environ), body.bytes_read


def test_of_100_mb_from_nobody_nothing_is_read_at_any_address():
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = client.cookies["csrftoken"] = "a" * 32

    read = {path: send(client, path, HUNDRED_MB) for path in [*addresses(), "/api/nothing", "/admin/nothing"]}

    assert len(read) > 60
    assert {path: answer for path, answer in read.items() if answer[1] or not 300 <= answer[0] < 500} == {}


def test_of_a_file_that_nobody_may_upload_nothing_is_read():
    client = Client(enforce_csrf_checks=True)
    careless = Client(enforce_csrf_checks=True)
    careless.cookies["sessionid"] = careless.cookies["csrftoken"] = "a" * 32

    assert send(client, "/api/documents", MEGABYTE) == (401, 0)
    assert send(careless, "/api/documents", MEGABYTE) == (403, 0)
    assert send(client, "/upload", MEGABYTE // 2) == (302, 0)
    assert send(client, "/admin/documents/document/add/", MEGABYTE // 2) == (302, 0)


def test_of_a_file_that_a_key_or_a_token_does_not_allow_nothing_is_read():
    signed_in = Client(enforce_csrf_checks=True)
    signed_in.force_login(make_user())

    assert send(key_client(make_user("bob"), "ask", "read"), "/api/documents", MEGABYTE) == (403, 0)
    assert send(signed_in, "/api/documents", MEGABYTE) == (403, 0)


def test_of_a_file_that_comes_too_often_nothing_is_read(settings: LazySettings):
    client = key_client(make_user())
    settings.QABOT_RATES = {**settings.QABOT_RATES, "upload": (1, 86_400), "api": (1, 86_400)}
    client.post("/api/documents", {})

    assert send(client, "/api/documents", MEGABYTE) == (429, 0)


def test_who_is_signed_in_sends_no_more_than_each_form_needs(settings: LazySettings):
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    files = settings.QABOT_MAX_FORM_BYTES

    assert send(client, "/ask", 2 * MEGABYTE) == (413, 0)
    assert send(client, "/admin/auth/user/add/", 2 * MEGABYTE) == (413, 0)
    assert send(client, "/api/documents/1/retry", 3 * MEGABYTE) == (413, 0)
    assert send(client, "/upload", files + 1) == (413, 0)
    assert send(client, "/admin/documents/document/add/", files + 1) == (413, 0)


def test_a_body_of_no_length_is_refused():
    client = key_client(make_user())
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}

    api, read_by_api = post(client, "/api/ask", "application/json", **chunked)
    page, read_by_page = post(client, "/login", **chunked)

    assert (api.status_code, api.json()["code"], read_by_api) == (411, "length_required", 0)
    assert (page.status_code, read_by_page) == (411, 0)


def test_a_person_is_told_on_a_page(client: Client):
    response, _ = post(client, "/login", CONTENT_LENGTH=str(HUNDRED_MB))

    assert (response.status_code, response["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert b"That is too much at once" in response.content


def test_more_files_than_are_taken_at_once_are_refused_with_a_sentence(client: Client, settings: LazySettings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    client.force_login(make_user())
    files = [SimpleUploadedFile(f"{number}.txt", b"Cats purr.") for number in range(3)]

    response = client.post("/upload", {"collection": "documents", "file": files})

    assert (response.status_code, Document.objects.count()) == (400, 0)
    assert b"These are more files than can be taken at once. Please upload fewer at a time." in response.content


# Against the real server


@pytest.fixture
def server(transactional_db: None) -> Iterator[int]:
    """gunicorn with our configuration on the database of the tests; its port."""
    connection.ensure_connection()
    info = connection.connection.info
    password = f":{quote(info.password)}" if info.password else ""
    host = quote(info.host, safe="")
    database = f"postgres://{quote(info.user)}{password}@{host}:{info.port}/{info.dbname}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = {
        "DATABASE_URL": database,
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "DYNO": "",
        "OPENAI_API_KEY": "",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Booting worker" in line:
            break
    yield port
    process.send_signal(signal.SIGQUIT)  # at once: nothing is under way
    process.communicate(timeout=SECONDS)


def status_of(port: int, *head: str) -> int:
    """The status of the answer to a request of which only the head is ever sent."""
    lines = [*head, "Host: localhost", f"Content-Type: {FORM}", "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
        client.sendall("\r\n".join(lines).encode())
        return int(client.makefile().readline().split()[1])


def test_gunicorn_answers_before_the_body_comes(server: int):
    upload = "POST /api/documents HTTP/1.1"

    assert status_of(server, upload, f"Content-Length: {HUNDRED_MB}") == 413
    assert status_of(server, upload, "Content-Length: 40000000") == 401
    assert status_of(server, "POST /upload HTTP/1.1", f"Content-Length: {HUNDRED_MB}") == 302
    assert status_of(server, "POST /api/ask HTTP/1.1", "Transfer-Encoding: chunked") == 411
