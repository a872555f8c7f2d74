"""The viewer's pages of PDFs: who sees the picture, what it costs, and what is said where there is none."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from documents import page_pictures
from documents.models import Adders, Collection, Document, Page, Readers
from tests.callers import key_client
from tests.documents.parsing.samples import make_odt
from tests.library import index_file, index_text, make_collection, make_user, upload_text
from tests.small_pdf import make_pdf

PNG = b"\x89PNG\r\n\x1a\n"
PAGES = [["The cat purrs, and the cat sleeps.", "Dogs bark."], ["Second page."], []]


@pytest.fixture(autouse=True)
def kept(settings: LazySettings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path / "page-pictures"


@pytest.fixture
def alice(db: None) -> Client:
    return signed_in(make_user("alice"))


@pytest.fixture
def reports(db: None) -> Collection:
    return make_collection("reports")


@pytest.fixture
def document(reports: Collection) -> Document:
    return index_file(reports, "cats.pdf", make_pdf(PAGES))


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def address(document: Document, number: int = 1) -> str:
    return f"/documents/{document.pk}/pages/{number}"


def picture(document: Document, number: int = 1) -> str:
    return f"{address(document, number)}/picture"


def break_original(document: Document) -> None:
    part = document.original_parts.get(number=0)
    part.content = b"%PDF-1.4 broken" + bytes(part.content)[15:200]
    part.save()


# The picture


def test_a_page_is_a_picture_to_be_kept_by_one_browser_for_a_while(alice, document):
    response = alice.get(picture(document))

    assert response.status_code == 200 and response.content.startswith(PNG)
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "private, max-age=3600"
    again = alice.get(picture(document), headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert alice.get(f"{picture(document)}?width=1200")["ETag"] != response["ETag"]


def test_who_may_not_read_a_document_sees_no_picture_of_it_drawn_or_not(alice, document, client):
    make_collection("open", readers=Readers.PUBLIC)
    Collection.objects.filter(slug="reports").update(readers=Readers.MEMBERS)
    root = signed_in(make_user("root", is_superuser=True))
    etag = root.get(picture(document))["ETag"]
    bearer = key_client(make_user("carol"), "read")

    for visitor in (alice, client, bearer):
        assert visitor.get(picture(document)).status_code == 404
        assert visitor.get(picture(document), headers={"If-None-Match": etag}).status_code == 404
        assert visitor.get(address(document)).status_code == 404
        assert visitor.get(f"/documents/{document.pk}/pages").status_code == 404


def test_a_document_in_quarantine_is_seen_by_who_may_change_it_alone(document, alice):
    Collection.objects.update(adders=Adders.STAFF)
    Document.objects.update(quarantined_at=timezone.now(), quarantine_reason="Forged.")
    staff = signed_in(make_user("staff", is_staff=True))

    assert (alice.get(picture(document)).status_code, staff.get(picture(document)).status_code) == (404, 200)


def test_a_deleted_document_leaves_no_picture_behind_that_anybody_gets(alice, document):
    assert alice.get(picture(document)).status_code == 200
    document.delete()

    assert alice.get(picture(document)).status_code == 404


@pytest.mark.parametrize("query", ["width=801", "width=99999999999999", "width=-1", "width=x", "width="])
def test_a_width_that_is_not_offered_is_not_drawn(alice, document, query: str):
    assert alice.get(f"{picture(document)}?{query}").status_code == 404


@pytest.mark.parametrize("number", ["0", "4", "2147483648", "99999999999999999999"])
def test_a_page_that_there_is_not_has_no_picture(alice, document, number: str):
    assert alice.get(f"/documents/{document.pk}/pages/{number}/picture").status_code == 404


def test_other_formats_have_no_pictures(alice, reports):
    text = index_text(reports, "cats.txt", "Cats purr.")
    odt = index_file(reports, "cats.odt", make_odt("<text:p>Cats purr.</text:p>"))

    for other in (text, odt):
        assert alice.get(picture(other)).status_code == 404
        assert "page-picture" not in alice.get(address(other)).content.decode()


def test_a_picture_is_drawn_once_and_then_lies_on_disk(alice, document, kept: Path):
    alice.get(address(document))
    drawn = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    break_original(document)  # nothing reads it any more

    assert alice.get(picture(document)).content.startswith(PNG)
    assert "<svg" in alice.get(f"{address(document)}?start=4&end=7").content.decode()
    assert len(drawn) == 2 and set(drawn) == {path.name for path in kept.iterdir()}


def test_what_lies_broken_on_disk_is_drawn_anew(alice, document, kept: Path):
    alice.get(address(document))
    for path in kept.iterdir():
        path.write_bytes(b"" if path.name.endswith("800") else b"no layout")

    assert alice.get(address(document)).status_code == 200
    assert alice.get(picture(document)).content.startswith(PNG)


def test_a_page_that_cannot_be_drawn_is_shown_as_text_and_not_tried_again_at_once(alice, document, kept: Path):
    break_original(document)

    page = alice.get(f"{address(document)}?start=4&end=7").content.decode()

    assert "This page cannot be shown as a picture. Its text is below." in page
    assert '<mark id="quote">cat</mark>' in page and "<img class" not in page
    assert alice.get(picture(document)).status_code == 404
    assert [path.name.rsplit("-", 1)[1] for path in kept.iterdir()] == ["failure"]


def test_when_others_are_drawn_one_waits_and_is_then_told_when_to_come_again(alice, document):
    for _ in range(page_pictures.AT_ONCE):
        page_pictures.turns.acquire()
    try:
        busy, page = alice.get(picture(document)), alice.get(address(document))
    finally:
        page_pictures.turns.release(page_pictures.AT_ONCE)

    assert (busy.status_code, busy["Retry-After"]) == (503, "4")
    assert "Other pages are being drawn just now." in page.content.decode() and page.status_code == 200
    assert alice.get(picture(document)).status_code == 200


def test_who_has_too_many_pages_drawn_reads_on_without_pictures(alice, document, settings: LazySettings):
    settings.QABOT_RATES = {**settings.QABOT_RATES, "picture": (1, 60)}
    assert alice.get(picture(document, 1)).status_code == 200

    refused = alice.get(picture(document, 2))

    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0
    assert "Second page." in alice.get(address(document, 2)).content.decode()
    assert alice.get(picture(document, 1)).status_code == 200  # drawn already: not counted


def test_a_picture_changes_nothing(alice, document):
    for method in (alice.post, alice.put, alice.delete, alice.patch):
        assert method(picture(document)).status_code == 405
    assert alice.head(picture(document)).status_code == 200


# The viewer


def test_the_picture_takes_its_space_before_it_is_there_and_has_the_quote_marked(alice, document):
    page = alice.get(f"{address(document)}?start=4&end=7").content.decode()

    assert re.search(r'<img class="page-picture" width="793" height="1123"', page)
    assert page.count("<rect") == 1 and 'class="quote-mark"' in page
    assert 'viewBox="0 0 595.0 842.0"' in page and "style=" not in page


def test_numbers_of_the_picture_are_the_same_in_every_language(alice, document):
    page = alice.get(f"{address(document)}?start=4&end=7", headers={"Accept-Language": "de"}).content.decode()

    assert 'viewBox="0 0 595.0 842.0"' in page and re.search(r'<rect x="\d+\.\d+" y', page)


def test_words_that_were_indexed_otherwise_are_marked_in_the_text_alone(alice, document):
    Page.objects.filter(document=document, number=1).update(text="Another cat purrs.")

    page = alice.get(f"{address(document)}?start=8&end=11").content.decode()

    assert '<mark id="quote">cat</mark>' in page and "<rect" not in page
    assert "Where the quoted words stand on the picture is not known." in page


def test_a_search_lists_its_places_and_marks_them_on_the_page(alice, document):
    page = alice.get(f"{address(document)}?q=CAT").content.decode()

    assert "2 places with “CAT”" in page
    assert f'href="{address(document)}?q=CAT#match-2"' in page
    assert '<mark class="found" id="match-2" data-rank="2">cat</mark>' in page
    assert page.count('class="found-mark"') == 2 and page.count("quote-mark") == 0
    assert "“dodo” is not in this document." in alice.get(f"{address(document)}?q=dodo").content.decode()


@pytest.mark.parametrize("query", ["%00", "%ff%fe", "<script>alert(1)</script>", "x" * 3000, "%27%22", "%25", "\u202e"])
def test_whatever_is_searched_for_is_no_error_and_is_not_run(alice, document, query: str):
    response = alice.get(f"{address(document)}?q={query}&start=1&end=2&answer=3")

    assert response.status_code == 200 and b"<script>alert" not in response.content


def test_the_way_back_and_the_search_stay_in_the_address(alice, document):
    page = alice.get(f"{address(document)}?start=4&end=7&answer=41&q=cat").content.decode()

    assert 'href="/answers/41"' in page and "Back to the answer" in page
    assert f'rel="next" href="{address(document, 2)}?q=cat&amp;answer=41"' in page
    for nonsense in ("x", "-1", "0", "%00", "9" * 30):
        other = alice.get(f"{address(document)}?answer={nonsense}").content.decode()
        assert "Back to the answer" not in other


def test_a_page_number_leads_to_its_page(alice, document):
    def led_to(query: str) -> str:
        return alice.get(f"/documents/{document.pk}/pages{query}")["Location"]

    assert led_to("?number=2&q=cat&answer=3") == f"{address(document, 2)}?q=cat&answer=3"
    assert [led_to(query) for query in ("", "?number=x", "?number=0", "?number=-2")] == [address(document)] * 4


def test_a_page_that_there_is_not_says_how_many_there_are(alice, document):
    for number in (0, 4, 2**40):
        response = alice.get(address(document, number))
        page = response.content.decode()

        assert response.status_code == 404
        assert f"There is no page {number:,}" in page or f"There is no page {number}" in page
        assert "cats.pdf has 3 pages." in page and f'href="{address(document)}"' in page


def test_a_page_without_text_says_so_beside_its_picture(alice, document):
    page = alice.get(address(document, 3)).content.decode()

    assert "No text on this page" in page and "page-picture" in page


def test_a_document_without_pages_says_why(alice, reports):
    waiting, failed = upload_text(reports, "a.txt", "Cats"), upload_text(reports, "b.txt", "Dogs")
    Document.objects.filter(pk=failed.pk).update(status="failed", error="Damaged.")

    pages = [alice.get(address(each)) for each in (waiting, failed)]

    assert [page.status_code for page in pages] == [404, 404]
    assert "This document is being indexed" in pages[0].content.decode()
    assert "This document has no pages to read" in pages[1].content.decode()


def test_headings_lead_to_their_places(alice, reports):
    document = index_text(reports, "cats.md", "# Cats\n\nThey purr.\n\n## Sleep\n\nA lot.")

    page = alice.get(address(document)).content.decode()

    places = re.findall(r'href="[^"]*#(heading-\d+)"', page)
    assert len(places) == 2 and all(f'id="{place}"' in page for place in places)
