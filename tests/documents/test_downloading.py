"""Under which name an original is saved: RFC 6266, whatever a stranger called the file."""

import re
from urllib.parse import unquote

import pytest

from documents.downloading import download_name, original_response
from documents.models import Document

SAFE = re.compile(r'attachment; (filename="(?:[^"\\\r\n]|\\["\\])*"|filename\*=utf-8\'\'[A-Za-z0-9%._~!$&+^`|#-]*)')


def disposition(name: str) -> str:
    return original_response(Document(pk=1, name=name, size_bytes=0)).headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ('say "hi".txt', 'attachment; filename="say \\"hi\\".txt"'),
        ("Jahresübersicht €.pdf", "attachment; filename*=utf-8''Jahres%C3%BCbersicht%20%E2%82%AC.pdf"),
        ("年報.pdf", "attachment; filename*=utf-8''%E5%B9%B4%E5%A0%B1.pdf"),
        ("a;b=c, d.txt", 'attachment; filename="a;b=c, d.txt"'),
    ],
)
def test_a_name_is_sent_as_browsers_read_it(name, sent):
    assert disposition(name) == sent


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nSet-Cookie: x=1.txt",
        'a"; filename="b.exe',
        "a\\b.txt",
        "../../etc/passwd",
        "..",
        "   ",
        "a\x85b\u2028c.txt",
        "<img src=x onerror=alert(1)>.html",
        "x" * 255,
        "\U0001f600" * 60,
    ],
)
def test_a_hostile_name_adds_no_header_and_no_folder(name):
    sent = disposition(name)

    assert "\n" not in sent and "\r" not in sent
    assert SAFE.fullmatch(sent), sent
    assert "/" not in unquote(sent.split("''")[-1])


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("invoice\u202efdp.exe", "invoicefdp.exe"),  # reads "invoiceexe.pdf"
        ("re\u200bport\u00ad.pdf", "report.pdf"),
        ("..", "original"),
        ("a/b\\c.txt", "a_b_c.txt"),
    ],
)
def test_a_name_on_disk_reads_as_it_is(name, saved):
    assert download_name(name) == saved
