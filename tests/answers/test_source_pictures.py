"""Where the picture of a page is cut so that a quote is seen in it."""

import hashlib
from array import array

import pytest
from django.test import Client

from answers.models import Answer
from answers.source_pictures import ASPECT, cut_out
from documents.models import Collection, Page, Readers
from documents.page_marks import SIDE_UNITS, PageLayout
from tests.library import index_file, make_collection, make_user
from tests.small_pdf import make_pdf

TEXT = "abcdefghij"


def layout(x: float = 0.1, y: float = 0.5, text: str = TEXT, width: float = 600, height: float = 800) -> PageLayout:
    """A page on which the text stands on one line, each letter a hundredth of the page wide and high."""
    boxes = array("i")
    for place in range(len(text)):
        left, top = x + place / 100, y
        boxes.extend(round(side * SIDE_UNITS) for side in (left, top, left + 0.01, top + 0.01))
    return PageLayout(width, height, hashlib.sha256(text.encode()).hexdigest(), boxes)


def test_it_lies_around_the_quote_and_keeps_its_shape():
    cutting = cut_out(layout(), TEXT, 2, 8)

    assert cutting is not None
    (mark,) = cutting.marks
    assert cutting.width / cutting.height == pytest.approx(ASPECT, abs=0.01)
    assert cutting.x <= mark.x and mark.x + mark.width <= cutting.x + cutting.width
    assert cutting.y < mark.y and mark.y + mark.height < cutting.y + cutting.height
    assert (cutting.page_width, cutting.page_height) == (600, 800)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (0.9, 0.99), (0, 0.99), (0.9, 0)])
def test_it_never_leaves_the_page(x: float, y: float):
    cutting = cut_out(layout(x, y), TEXT, 0, 10)

    assert cutting is not None
    assert cutting.x >= 0 and cutting.x + cutting.width <= 600.01
    assert cutting.y >= 0 and cutting.y + cutting.height <= 800.01


def test_a_page_smaller_than_a_cutting_is_seen_whole():
    cutting = cut_out(layout(width=100, height=20), TEXT, 0, 10)

    assert cutting is not None
    assert (cutting.x, cutting.y, cutting.width, cutting.height) == (0, 0, 100, 20)


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 2), (100, 200)])
def test_without_a_place_on_the_picture_there_is_none(start: int, end: int):
    assert cut_out(layout(), TEXT, start, end) is None


def test_a_page_with_another_text_than_was_drawn_has_none():
    assert cut_out(layout(), "something else", 2, 8) is None


@pytest.fixture
def asked(db: None) -> tuple[Client, Answer]:
    """A question about a PDF, which a fresh visitor may read too."""
    shelf = make_collection("shelf", readers=Readers.PUBLIC)
    index_file(shelf, "cats.pdf", make_pdf([["A cat sleeps for twelve to sixteen hours a day."]]))
    alice = Client()
    alice.force_login(make_user())
    alice.post("/ask", {"question": "How many hours does a cat sleep?"})
    return alice, Answer.objects.get()


def test_the_owner_of_an_answer_sees_the_quote_in_its_page(asked: tuple[Client, Answer]):
    alice, answer = asked
    address = f"/answers/{answer.pk}/citations/1"

    panel, cutting = alice.get(address).content.decode(), alice.get(f"{address}/picture")

    assert f'data-picture="{address}/picture"' in panel
    assert cutting.status_code == 200 and cutting.content.decode().count("<rect ") == 1
    assert "/pages/1/picture?width=1200" in cutting.content.decode()


def test_nobody_else_does_and_nothing_is_shown_of_what_was_closed_or_changed(asked: tuple[Client, Answer]):
    alice, answer = asked
    address, stranger = f"/answers/{answer.pk}/citations/1/picture", Client()

    assert [stranger.get(address).status_code, alice.get(address.replace("/1/", "/9/")).status_code] == [404, 404]
    Page.objects.update(text="Something else stands here now, longer than the quote was and different.")
    assert alice.get(address).status_code == 204
    Collection.objects.update(readers=Readers.MEMBERS)
    assert alice.get(address).status_code == 204
