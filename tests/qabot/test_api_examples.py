"""The examples of docs/api.md, run as they stand by a shell, against a live server and a worker."""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from documents.models import Collection, Document
from documents.options import indexing_options
from documents.worker import work_until
from qabot.api_keys import make_key
from tests.library import make_user

REVENUE = "The revenue in 2025 was 42 million dollars."
TIMEOUT_SECONDS = 120

PDF = b"""%%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>> endobj
4 0 obj <</Length %d>> stream
%s
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R>>
"""


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    stop = threading.Event()
    working = threading.Thread(target=work_until, args=(stop, indexing_options()))
    working.start()
    yield
    stop.set()
    working.join()


def examples() -> str:
    """The one block of the page that is marked as bash."""
    [block] = re.findall(r"```bash\n(.*?)```", (settings.BASE_DIR / "docs" / "api.md").read_text(), re.DOTALL)
    return block


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_examples_of_the_page_work_as_pasted(live_server: LiveServer, worker: None, tmp_path: Path):
    Collection.objects.get_or_create(slug="documents", defaults={"name": "Documents"})
    text = b"BT /F1 12 Tf 72 700 Td (%s) Tj ET" % REVENUE.encode()
    report = PDF % (len(text), text)
    (tmp_path / "report.pdf").write_bytes(report)

    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", examples()],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "QABOT": live_server.url, "KEY": make_key("examples", make_user()).text},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )

    assert (ran.stderr, ran.returncode) == ("", 0)
    ready, rest = ran.stdout.split("\n", 1)
    answer, end = json.JSONDecoder().raw_decode(rest)
    stream, _, found = rest[end:].rpartition("\n\n")
    [citation] = answer["citations"]
    assert json.loads(ready)["status"] == "ready"
    assert (answer["mode"], citation["quote"], citation["page"]) == ("extracted", REVENUE, 1)
    assert re.findall(r"^(?:event: \w+|: hello)$", stream, re.MULTILINE) == [
        ": hello",
        "event: search",
        "event: passages",
        "event: done",
    ]
    assert json.loads(found)["passages"][0]["text"] == REVENUE
    assert (tmp_path / "original").read_bytes() == report
    assert Document.objects.count() == 0
