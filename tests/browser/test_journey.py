"""From an empty page to an answer and the words it rests on, in a real browser."""

import re

import pytest
from playwright.sync_api import FilePayload, expect

from answers.models import Answer, Citation
from documents.models import Document
from documents.models import Page as DocumentPage
from tests.browser.conftest import PHONE, SECONDS, Watched, picture, sign_in, sign_in_by_link
from tests.library import index_text, make_collection
from tests.small_pdf import make_pdf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

HANDBOOK = make_pdf(
    [
        ["Employee handbook", "The regular working week has 37.5 hours, from Monday to Friday."],
        ["Every employee is entitled to 28 days of paid annual leave per calendar year.", "Laptops last three years."],
        ["Working from abroad is possible for up to 20 working days per year."],
    ]
)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
LEAVE = "How many days of paid annual leave does an employee get?"
OFF_TOPIC = "What is the boiling point of liquid helium on Jupiter's moon?"


def pdf(name: str = "handbook.pdf", content: bytes = HANDBOOK) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def ask(watched: Watched, question: str) -> None:
    watched.page.get_by_label("Your question").fill(question)
    watched.page.keyboard.press("Enter")


def exchange(watched: Watched, number: int):
    return watched.page.locator(".exchange[data-answer]").nth(number - 1)


def quote_of(answer: Answer, number: int) -> str:
    cited: Citation = answer.citations.get(number=number)
    text = DocumentPage.objects.get(document=cited.document_id, number=cited.page_number).text
    assert text[cited.start : cited.end] == cited.quote
    return cited.quote


def test_from_an_upload_to_the_words_an_answer_rests_on(open_page, worker, alice, model):
    watched = open_page()
    page = watched.page
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in_by_link(watched, alice)
    expect(page.get_by_role("heading", name="Start with a document")).to_be_visible()

    page.locator("#upload-form input[type=file]").set_input_files(pdf())
    expect(page.locator(".upload-state")).to_have_text("Ready, 3 pages")
    picture(watched, "journey-uploaded")

    ask(watched, LEAVE)
    expect(page.locator(".streaming .answer-text")).to_have_text(re.compile(r"\S"))
    picture(watched, "journey-streaming")
    expect(exchange(watched, 1).locator(".answer.generated")).to_contain_text("28 days")
    answer = Answer.objects.get()
    expect(page).to_have_url(re.compile(rf"/conversations/{answer.conversation_id}$"))

    exchange(watched, 1).locator("a.citation").first.click()
    expect(page.locator("#source #quote")).to_be_visible()
    assert page.locator("#source #quote").text_content() == quote_of(answer, 1)
    picture(watched, "journey-source")
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(exchange(watched, 1).locator("a.citation").first).to_be_focused()

    ask(watched, "And from abroad?")
    expect(exchange(watched, 2).locator(".searched-for")).to_contain_text("Searched for")
    assert Answer.objects.filter(conversation=answer.conversation).count() == 2

    page.reload()
    expect(exchange(watched, 2)).to_be_visible()
    exchange(watched, 1).locator("a.citation").first.click()
    with page.expect_navigation():
        page.get_by_role("link", name="Open the page").click()
    assert page.locator("#quote").text_content() == quote_of(answer, 1)
    expect(page.locator("#quote")).to_be_in_viewport()


def test_without_a_model_answers_are_quotations_and_refusals_look_different(open_page, alice, shelf):
    index_text(shelf, "handbook.txt", "Every employee is entitled to 28 days of paid annual leave per calendar year.")
    watched = open_page()
    sign_in(watched, alice)

    ask(watched, LEAVE)
    expect(exchange(watched, 1).locator(".answer.extracted")).to_contain_text("Quoted from your documents")
    ask(watched, OFF_TOPIC)
    expect(exchange(watched, 2).locator(".answer.refused")).to_contain_text("Not found in your documents")
    expect(exchange(watched, 2).locator(".nearest a")).to_have_count(1)


def test_an_answer_can_be_stopped_and_the_conversation_goes_on(open_page, alice, shelf, model):
    index_text(shelf, "handbook.txt", "Every employee is entitled to 28 days of paid annual leave per calendar year.")
    model.mode = "trickle"
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)

    ask(watched, LEAVE)
    expect(page.locator(".streaming .answer-text")).to_have_text(re.compile(r"\S"))
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".exchange .answer-state")).to_have_text("Stopped.")
    expect(page).to_have_url(re.compile(r"/conversations/\d+$"))

    model.mode = "ok"
    ask(watched, LEAVE)
    expect(exchange(watched, 1)).to_contain_text("28 days")
    assert Answer.objects.values_list("conversation").distinct().count() == 1


def test_what_failed_can_be_asked_again_and_nothing_typed_is_lost(open_page, alice, shelf):
    index_text(shelf, "handbook.txt", "Every employee is entitled to 28 days of paid annual leave per calendar year.")
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.route("**/api/ask", lambda route: route.abort(), times=1)

    ask(watched, LEAVE)
    expect(page.get_by_role("alert")).to_contain_text("The server could not be reached.")
    watched.forgive("Failed to load resource")
    expect(page.get_by_label("Your question")).to_have_value(LEAVE)
    page.get_by_role("button", name="Try again").click()

    expect(exchange(watched, 1)).to_contain_text("28 days")
    expect(page.locator(".exchange")).to_have_count(1)
    expect(page.get_by_label("Your question")).to_have_value("")


def test_files_that_cannot_be_read_and_duplicates_say_so(open_page, worker, alice):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    old = {
        "name": "old.doc",
        "mimeType": "application/msword",
        "buffer": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    }
    chooser = page.locator("#upload-form input[type=file]")

    chooser.set_input_files([pdf(), pdf("broken.pdf", b"%PDF-1.4\nnothing more"), old])
    line = page.locator(".upload")
    expect(line.nth(0).locator(".upload-state")).to_have_text("Ready, 3 pages")
    expect(line.nth(1).locator(".upload-error")).to_contain_text("damaged")
    expect(line.nth(1).get_by_role("button", name="Try again")).to_be_visible()
    expect(line.nth(2).locator(".upload-error")).to_contain_text("old Word file (.doc)")
    chooser.set_input_files([pdf("same again.pdf")])
    expect(line.nth(3).locator(".upload-state")).to_have_text("Already here, as handbook.pdf")

    assert sorted(Document.objects.values_list("name", "status")) == [
        ("broken.pdf", "failed"),
        ("handbook.pdf", "ready"),
    ]


def test_documents_are_dropped_followed_and_deleted_on_their_page(open_page, worker, alice):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.goto("/documents")
    expect(page.get_by_role("heading", name="No documents yet")).to_be_visible()

    page.evaluate(
        """() => {
          const files = new DataTransfer();
          files.items.add(new File(["Cats purr when they are content."], "cats <b>.txt", { type: "text/plain" }));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.locator("tr .badge.ready")).to_be_visible()
    expect(page.locator(".document-name")).to_have_text("cats <b>.txt")
    picture(watched, "journey-documents")

    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("cats <b>.txt and everything indexed from it will be gone.")
    page.get_by_role("button", name="Keep it").click()
    assert Document.objects.exists()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("status").filter(has_text="was deleted")).to_be_visible()
    assert not Document.objects.exists()


def test_everything_works_without_javascript(open_page, worker, alice):
    watched = open_page(java_script_enabled=False)
    page = watched.page
    sign_in_by_link(watched, alice)

    page.locator("#upload-form input[type=file]").set_input_files([pdf(), pdf("again.pdf")])
    page.get_by_role("button", name="Upload").click()
    expect(page.locator(".message")).to_contain_text(["was added", "is already here, as handbook.pdf"])
    expect(page.locator("tr .badge.ready")).to_be_visible()  # the page looks again by itself

    page.get_by_role("link", name="Ask", exact=True).click()
    page.get_by_label("Your question").fill(LEAVE)
    page.get_by_role("button", name="Ask").click()
    expect(exchange(watched, 1)).to_contain_text("28 days")
    page.locator("a.citation").first.click()
    assert page.locator("#quote").text_content() == quote_of(Answer.objects.get(), 1)
    page.get_by_role("link", name="Back to the answer").click()
    expect(exchange(watched, 1)).to_be_visible()


def test_on_a_phone_nothing_is_wider_than_the_screen_and_all_is_reachable(open_page, alice, shelf):
    make_collection("a-second-collection-with-a-rather-long-name")
    index_text(shelf, "handbook-" + "x" * 120 + ".txt", "Employees get 28 days of leave. " + "y" * 300)
    watched = open_page(viewport={**PHONE, "width": 320}, has_touch=True)
    page = watched.page
    sign_in(watched, alice)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)

    ask(watched, "How many days of leave do employees get?")
    expect(exchange(watched, 1)).to_contain_text("28 days")
    assert page.evaluate(fits)
    page.locator("a.citation").first.click()
    expect(page.locator("#source #quote")).to_be_in_viewport()
    page.get_by_role("button", name="Close the source").click()
    page.get_by_role("button", name="Conversations and collections").click()
    expect(page.get_by_role("link", name="How many days of leave do employees get?")).to_be_visible()
    page.keyboard.press("Escape")

    for address in ("/documents", f"/documents/{Document.objects.get().pk}/pages/1", "/answers/1/citations/1"):
        page.goto(address.replace("/answers/1/", f"/answers/{Answer.objects.get().pk}/"))
        assert page.evaluate(fits), address
