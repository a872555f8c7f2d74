import gc
import os
import select
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from documents.parsing.content import (
    CorruptFile,
    FileTooLarge,
    NoTextFound,
    ParsedPage,
    ParserFailed,
    UnsupportedFile,
)
from documents.parsing.guard import Limits, parse_guarded, stream_pages
from documents.parsing.media_types import CSV, DOCX, EPUB, HTML, ODT, PDF, TEXT, XLSX
from tests.documents.parsing.samples import make_odt, make_pdf, make_xlsx, make_zip

UNCONFINED = "tests.documents.parsing.unconfined_child"
MISBEHAVING = "tests.documents.parsing.misbehaving_child"
MEBIBYTE = 1024 * 1024
PROJECT = Path(__file__).resolve().parents[3]


def misbehave(parser: str, limits: Limits = Limits()) -> Generator[tuple[int, ParsedPage], None, None]:  # noqa: B008 -- it is frozen
    return stream_pages(MISBEHAVING, b"content", f"test/{parser}", limits)


def is_running(pid: int) -> bool:
    """Whether a process exists and is more than a zombie waiting for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pid: int) -> None:
    """Block until the kernel has ended a process that is being killed; it is nobody's child here."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [], 10)  # readable when the process has ended
    finally:
        os.close(descriptor)


def test_pages_come_with_the_total():
    pages = parse_guarded(make_pdf([["One"], ["Two"]]), PDF, Limits())

    assert list(pages) == [(2, ParsedPage(1, "", "One")), (2, ParsedPage(2, "", "Two"))]


def test_a_page_comes_before_the_next_one_is_parsed():
    pages = misbehave("hang")

    total, page = next(pages)
    pages.close()

    assert (total, page.number) == (2, 1)


def test_closing_early_leaves_no_child():
    pages = misbehave("hang")
    _, page = next(pages)
    assert is_running(int(page.text))

    pages.close()

    assert not is_running(int(page.text))


def test_forgetting_the_iterator_leaves_no_child():
    pages = misbehave("hang")
    _, page = next(pages)

    del pages
    gc.collect()

    assert not is_running(int(page.text))


def test_what_the_child_started_ends_with_it():
    pages = stream_pages(UNCONFINED, b"content", TEXT, Limits())
    _, page = next(pages)

    pages.close()
    wait_until_gone(int(page.text))

    assert not is_running(int(page.text))


def test_the_child_ends_when_its_parent_is_killed():
    program = (
        "from documents.parsing.guard import Limits, stream_pages\n"
        f"pages = stream_pages({MISBEHAVING!r}, b'x', 'test/hang', Limits())\n"
        "print(next(pages)[1].text, flush=True)\n"
        "input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)

        parent.send_signal(signal.SIGKILL)
        wait_until_gone(pid)

    assert not is_running(pid)


@pytest.mark.parametrize(
    ("parser", "limits", "reason"),
    [
        ("crash", Limits(), "its parser crashed"),
        ("exit_early", Limits(), "its parser ended too early"),
        ("be_killed", Limits(), "its parser was stopped"),
        ("fail", Limits(), "its parser failed (ZeroDivisionError)"),
        ("hang", Limits(wall_seconds=2), "its parser took more than 2 seconds"),
        ("eat_memory", Limits(memory_bytes=100 * MEBIBYTE), "takes more memory than is allowed"),
    ],
)
def test_a_parser_that_goes_wrong_fails_the_file_alone(parser, limits, reason):
    with pytest.raises(ParserFailed) as failure:
        list(misbehave(parser, limits))

    assert reason in str(failure.value)


def test_a_parser_that_spins_is_stopped_by_its_cpu_limit():
    with pytest.raises(ParserFailed, match="takes too much time"):
        list(misbehave("spin", Limits(cpu_seconds=1)))


def test_a_document_without_end_is_cut_off():
    with pytest.raises(FileTooLarge, match="more than 50 pages"):
        list(misbehave("endless", Limits(max_pages=50)))


def test_a_page_without_end_is_refused():
    with pytest.raises(FileTooLarge):
        list(misbehave("huge_page"))


def test_what_a_library_prints_does_not_disturb_the_pages():
    assert list(misbehave("chatty")) == [(1, ParsedPage(1, "", "page"))]


def test_the_child_sees_no_secret_writes_no_file_and_loads_no_django(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")

    [(_, page)] = list(misbehave("show_confinement"))

    names, modules, leads_its_group = page.text.split("|")
    assert set(names.split(",")) <= {
        "PATH", "LANG", "LC_CTYPE", "PYTHONUTF8", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONHOME",
    }  # fmt: skip
    assert (modules, leads_its_group) == ("", "True")
    assert page.label == "File too large"


def test_importing_the_guard_loads_neither_django_nor_a_parser():
    program = "import sys, documents.parsing.guard, documents.parsing.media_types; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert {"django", "pypdfium2", "docx", "pptx", "selectolax", "lxml"} & set(loaded.stdout.split()) == set()


def test_an_unknown_media_type_is_unsupported():
    with pytest.raises(UnsupportedFile):
        list(parse_guarded(b"x", "application/x-unknown", Limits()))


def test_a_zip_bomb_is_refused_before_it_is_opened():
    bomb = make_zip({"mimetype": "x", "content.xml": b"0" * (300 * MEBIBYTE)})

    with pytest.raises(FileTooLarge, match="zip bomb"):
        list(parse_guarded(bomb, ODT, Limits()))


def test_many_parts_that_inflate_to_too_much_together_are_refused():
    parts = {f"word/{n}.bin": os.urandom(1000) * 900 for n in range(5)}

    with pytest.raises(FileTooLarge, match="zip bomb"):
        list(parse_guarded(make_zip(parts), DOCX, Limits(max_inflated_bytes=4_000_000, max_zip_ratio=10_000)))


def test_an_archive_of_too_many_parts_is_refused():
    with pytest.raises(FileTooLarge, match="more than 100 parts"):
        list(parse_guarded(make_zip({str(n): "" for n in range(101)}), EPUB, Limits(max_zip_entries=100)))


def test_an_entity_bomb_is_refused():
    entities = "".join(f'<!ENTITY e{n} "' + f"&e{n - 1};" * 10 + '">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">{entities}]><x>&e9;</x>'

    for media_type in (DOCX, XLSX, ODT):
        with pytest.raises(CorruptFile, match="document type"):
            list(parse_guarded(make_zip({"content.xml": bomb, "word/document.xml": bomb}), media_type, Limits()))


def test_an_entity_bomb_in_utf_16_is_refused():
    bomb = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY e "lol">]><x>&e;</x>'.encode("utf-16")

    with pytest.raises(CorruptFile, match="document type"):
        list(parse_guarded(make_zip({"content.xml": bomb}), ODT, Limits()))


def test_an_external_entity_of_an_e_book_is_not_read():
    container = '<!DOCTYPE c [<!ENTITY f SYSTEM "file:///etc/passwd">]><c><rootfile full-path="&f;"/></c>'

    with pytest.raises(CorruptFile, match="XML"):
        list(parse_guarded(make_zip({"META-INF/container.xml": container}), EPUB, Limits()))


@pytest.mark.parametrize("content", [b"<div>" * 100_000 + b"deep", b"<b><i>" * 100_000])
def test_html_nested_too_deep_is_refused(content):
    with pytest.raises(FileTooLarge, match="nested"):
        list(parse_guarded(content, HTML, Limits()))


def test_html_that_hides_its_depth_from_the_guard_is_stopped_by_the_limits():
    hidden = b'<div><a title="</div>">' * 100_000

    with pytest.raises((ParserFailed, NoTextFound)):
        list(parse_guarded(hidden, HTML, Limits(cpu_seconds=2)))


def test_too_many_cells_are_refused():
    with pytest.raises(FileTooLarge, match="more than 10 cells"):
        list(parse_guarded(b"a,b,c\n" * 10, CSV, Limits(max_cells=10)))
    with pytest.raises(FileTooLarge, match="more than 10 cells"):
        list(parse_guarded(make_xlsx({"Sheet": [["a", "b"]] * 10}), XLSX, Limits(max_cells=10)))


def test_too_many_pdf_pages_are_refused():
    with pytest.raises(FileTooLarge, match="3 pages"):
        list(parse_guarded(make_pdf([["One"]] * 3), PDF, Limits(max_pages=2)))


def test_too_much_text_is_refused():
    with pytest.raises(FileTooLarge, match="more text"):
        list(parse_guarded(b"word " * 1000, TEXT, Limits(max_characters=4000)))


def test_a_file_without_text_says_so():
    with pytest.raises(NoTextFound, match="OCR"):
        list(parse_guarded(make_pdf([[]]), PDF, Limits()))
    with pytest.raises(NoTextFound, match="No text was found in the file"):
        list(parse_guarded(make_odt("<text:p> </text:p>"), ODT, Limits()))
