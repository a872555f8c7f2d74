"""All of the site through PgBouncer in transaction mode, where the next statement may meet another connection."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from answers.models import Conversation
from documents.models import Document
from qabot.api_keys import make_key
from qabot.models import Right
from tests.fakes.pgbouncer import pgbouncer
from tests.library import default_collection, make_user
from tests.site import Site, environment_of, running, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How long does a cat sleep?"
# Django reads the choices of their fields through a server's cursor, where it may.
FORMS = ["/admin/documents/document/add/", "/admin/documents/collection/add/", "/admin/auth/user/add/"]
CATS = "A cat sleeps for twelve to sixteen hours a day."


@pytest.fixture
def address() -> Iterator[str]:
    with pgbouncer() as through:
        yield through


def manage(address: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=environment_of({"DATABASE_URL": address}),
        stdout=subprocess.DEVNULL,
    )


def upload(site: Site, name: str) -> tuple[int, Any]:
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = f"{head}{name}: {CATS}\r\n--{boundary}--\r\n".encode()
    return site.call("POST", "/api/documents", body, **{"Content-Type": f"multipart/form-data; boundary={boundary}"})


def search(site: Site) -> tuple[int, Any]:
    body = json.dumps({"question": QUESTION}).encode()
    return site.call("POST", "/api/search", body, **{"Content-Type": "application/json"})


def test_nothing_rests_on_what_a_connection_remembers(address: str, tmp_path: Path, client: Client):
    root = make_user("root", is_staff=True, is_superuser=True)
    default_collection()
    client.force_login(root)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    release = manage(address, "migrate", "--noinput")
    with running(manage(address, "worker")):
        site = Site(
            tmp_path / "web.log",
            key=make_key("test", root, Right.values).text,
            DATABASE_URL=address,
            ASK_RATE="1000/m",
        )
        with running(site.process):
            status, document = upload(site, "cats.txt")
            wait_until(Document.objects.ready().exists)
            with ThreadPoolExecutor(12) as together:
                streams = [together.submit(site.ask(QUESTION, stream=True).events) for _ in range(12)]
                pages = [
                    together.submit(site.call, "GET", path, None, Cookie=cookie, Authorization="")
                    for path in ("/", "/documents", "/admin/documents/document/", "/admin/answers/answer/") * 4
                ]
                searches = [together.submit(search, site) for _ in range(8)]
                ended = [stream.result()[-1] for stream in streams]
                statuses = {task.result()[0] for task in (*pages, *searches)}
            forms = [site.call("GET", path, None, Cookie=cookie, Authorization="")[0] for path in FORMS]
            asked = ended[0][1]["conversation"]
            leavings = [f"/api/conversations/{asked}", f"/api/documents/{document['id']}"]
            deleted = {site.call("DELETE", path)[0] for path in leavings}

    assert (status, release.wait()) == (201, 0)
    assert ({name for name, _ in ended}, {answer["mode"] for _, answer in ended}) == ({"done"}, {"extracted"})
    assert (statuses, set(forms), deleted) == ({200}, {200}, {204})
    assert (Document.objects.count(), Conversation.objects.filter(pk=asked).count()) == (0, 0)
