"""Machines' clocks differ: what is due is told by the database's clock alone."""

import ast
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.functions import Now

from answers.models import Answer, Conversation
from answers.querysets import lease_end
from documents.models import Document, Status, Worker
from tests.library import make_collection, upload_text
from tests.site import environment_of, running, wait_until
from tests.source_code import modules

READ_THIS_MACHINES_CLOCK = {
    "qabot.api_keys": "notes a key's use, and when it expires: in days",
    "qabot.models": "shows whether a key has expired",
    "qabot.management.commands.api_key": "says when a key is to expire: in days",
    "qabot.key_form": "says when a key is to expire: in days",
    "documents.templatetags.site": "says how long ago something was, for people",
    "qabot.provider_failure": "a Retry-After that is a date, of the provider's clock at that",
    "answers.unkept": "dates an answer that is shown and not kept",
    "qabot.doctor.database": "measures how far the two clocks are apart",
    "qabot.backup.scratch": "names a scratch database, and finds those that were forgotten: in hours",
}
WALL_CLOCKS = {("timezone", "now"), ("datetime", "now"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def test_only_what_counts_in_days_reads_this_machines_clock():
    readers = {name for name, module in modules().items() if any(map(_is_wall_clock, module.nodes))}

    assert readers - READ_THIS_MACHINES_CLOCK.keys() == set()


def _is_wall_clock(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (getattr(node.value, "id", getattr(node.value, "attr", "")), node.attr) in WALL_CLOCKS
    )


@pytest.mark.django_db(transaction=True)
def test_workers_an_hour_early_and_an_hour_late_change_nothing():
    faketime = next(Path("/usr/lib").glob("**/libfaketimeMT.so.1"), None)
    if faketime is None:
        pytest.skip("libfaketime is not installed (apt-get install libfaketime)")
    reports = make_collection()
    held = upload_text(reports, "held.txt", "Somebody else indexes this.")
    Document.objects.filter(pk=held.pk).claim_next()
    lost = upload_text(reports, "lost.txt", "Whoever indexed this died.")
    Document.objects.filter(pk=lost.pk).claim_next()
    Document.objects.filter(pk=lost.pk).update(lease_until=Now() - timedelta(seconds=1))
    waiting = [upload_text(reports, f"{number}.txt", f"Number {number} waits.") for number in range(3)]
    conversation = Conversation.objects.create()
    answer = Answer.objects.create(conversation=conversation, question="?", lease_until=lease_end())

    with ExitStack() as both:
        for shift in ("+1h", "-1h"):
            both.enter_context(running(_worker(faketime, shift)))
        wait_until(lambda: Document.objects.ready().count() == 4)
        wait_until(lambda: Worker.objects.count() == 2)
        seen = Worker.objects.filter(seen_at__gt=Now() - timedelta(minutes=2), seen_at__lte=Now()).count()
        states = {document.pk: document.status for document in Document.objects.all()}
        spent = set(Document.objects.filter(pk__in=[document.pk for document in waiting]).values_list("attempts"))
        answer.refresh_from_db()

    assert (seen, spent) == (2, {(1,)})
    assert states == {held.pk: Status.PROCESSING, lost.pk: Status.READY} | {each.pk: Status.READY for each in waiting}
    assert answer.status == "working"
    assert Document.objects.filter(ready_at__gt=Now()).count() == 0


def _worker(faketime: Path, shift: str) -> "subprocess.Popen[bytes]":
    # Only the time of day is wrong: a clock that never goes back stays what it is.
    faked = {"LD_PRELOAD": str(faketime), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    environment = environment_of({}) | faked
    told = subprocess.check_output([sys.executable, "-c", "import time; print(time.time())"], env=environment)
    assert abs(float(told) - time.time()) > 3000  # it does fool a process like the worker
    command = [sys.executable, "manage.py", "worker"]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL)
