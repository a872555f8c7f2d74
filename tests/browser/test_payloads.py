"""Every payload in front of a real Chromium, many to a page: no script runs, nothing leaves the host, all is text.

tests/test_payloads.py looks at the HTML of the same pages. Here the browser is asked: its console, its policy's
reports, its dialogs, every request it makes, and what the page has become in the end.
"""

from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import FilePayload, expect

from answers.models import Answer
from documents.models import Collection, Document
from documents.uploading import clean_name
from qabot.provider import ProviderSettings
from tests.browser.conftest import PHONE, SECONDS, Watched, picture, sign_in
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_user
from tests.payload_rows import make_answers, make_documents, make_golden_questions, make_pages
from tests.payloads import bundles, own

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

# Before any page's own script: whatever a payload calls is written down, and so is every breach of the policy.
CANARY = """
(() => {
  const caught = [];
  for (const name of ["alert", "confirm", "prompt", "print", "open"])
    Object.defineProperty(window, name, { value: (...said) => void caught.push(`${name}: ${said}`) });
  addEventListener("securitypolicyviolation", (event) => caught.push(`policy: ${event.violatedDirective}`), true);
  Object.defineProperty(window, "caught", { value: caught });
})();
"""

# What is left on the page that could run or load something, if a pointer, a key or a moment came by.
ARMED = """
() => [...document.querySelectorAll("*")].flatMap((element) => {
  const found = [];
  for (const { name, value } of element.attributes) {
    // A style of a payload's would be a breach of the policy: scripts of ours set some.
    if (/^on/i.test(name) || name === "srcdoc") found.push(name);
    if (/^(href|src|action|formaction|data|xlink:href|poster)$/i.test(name)) {
      const address = new URL(value, document.baseURI);
      const leads = element.localName === "a" && ["http:", "https:", "mailto:"].includes(address.protocol);
      if (address.origin !== location.origin && address.protocol !== "data:" && !leads) found.push(value);
    }
  }
  if (/^(iframe|object|embed|base|applet|portal|style)$/.test(element.localName)) found.push("element");
  const inline = element.localName === "script" && !element.src && element.type !== "application/json";
  if (inline) found.push("inline script");
  return found.map((what) => `${element.localName}: ${what}`);
})
"""


@pytest.fixture
def root(shelf: Collection) -> Any:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def watched(open_page, root) -> Watched:
    watched = open_page()
    arm(watched)
    sign_in(watched, root)
    return watched


def arm(watched: Watched) -> None:
    watched.page.add_init_script(CANARY)
    watched.page.on("dialog", lambda dialog: watched.complaints.append(f"dialog: {dialog.message}"))
    watched.page.on("popup", lambda popup: watched.complaints.append(f"window: {popup.url}"))
    watched.page.on("response", lambda response: _note_failure(watched, response))


def _note_failure(watched: Watched, response: Any) -> None:
    if response.status >= 500:
        watched.complaints.append(f"{response.status}: {response.url}")


def check(watched: Watched, address: str = "") -> None:
    """Go there, or stay: nothing was caught, and nothing is armed."""
    page = watched.page
    if address:
        page.goto(address)
    assert page.evaluate("window.caught") == [], page.url
    assert page.evaluate(ARMED) == [], page.url


def texts(watched: Watched, selector: str) -> list[str]:
    return watched.page.locator(selector).evaluate_all("found => found.map((element) => element.textContent)")


def pages(address: str, count: int, each: int, first: int = 1) -> list[str]:
    return [address.format(number) for number in range(first, first + -(-count // each))]


def test_the_canary_sings(watched):
    """What is asked of every page below does tell of a script, a breach of the policy, and of what lies in wait."""
    page = watched.page
    page.evaluate("alert('script')")
    page.evaluate(
        """() => document.querySelector('main').insertAdjacentHTML('beforeend',
          '<img src="data:," onerror="alert(1)"><a href="javascript:alert(2)">x</a><p style="color:red"></p>')"""
    )
    page.wait_for_function("window.caught.some((what) => what.startsWith('policy: script-src'))")

    assert "alert: script" in page.evaluate("window.caught")
    assert {"img: onerror", "a: javascript:alert(2)"} <= set(page.evaluate(ARMED))
    assert watched.complaints and all("Content Security Policy" in complaint for complaint in watched.complaints)
    watched.complaints.clear()


def test_a_model_that_obeys_a_hostile_document_achieves_nothing(watched, shelf, settings: LazySettings):
    index_text(shelf, "cats.txt", "Cats purr when they are content.")
    with FakeProvider("obeying") as provider:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        watched.page.goto("/")
        watched.page.get_by_label("Your question").fill("When do cats purr?")
        watched.page.keyboard.press("Enter")
        expect(watched.page.locator(".exchange[data-answer] .answer-text")).to_contain_text("As you wish")

    check(watched)
    check(watched, watched.page.url)
    assert watched.page.locator(".answer-text :is(img, script, b)").count() == 0
    picture(watched, "obeying")


def test_names_titles_and_texts_on_every_page_and_in_the_admin(watched, root, shelf, payloads):
    names = list(bundles(payloads, 255))
    made = make_documents(names, shelf)
    make_pages(made[0], list(bundles(payloads, 60_000, "\n")))
    talk = make_answers(list(bundles(payloads, 1500, "\n\n")), root, made[0])
    make_golden_questions(list(bundles(payloads, 2000)), shelf, root)
    [first, *_] = talk.answers.order_by("pk")

    seen: list[str] = []
    for address in pages("/documents?page={}", len(names), 25):
        check(watched, address)
        seen += texts(watched, ".document-name")
    assert seen == [clean_name(name) for name in reversed(names)]
    for shown in made[0].pages.all():
        check(watched, f"/documents/{made[0].pk}/pages/{shown.number}?start=0&end=500")
        assert texts(watched, ".page-text") == [shown.text]
    for address in (
        f"/documents/{made[0].pk}/delete",
        f"/conversations/{talk.pk}",
        f"/answers/{first.pk}/citations/1",
        f"/answers/{first.pk}/found",
        f"/answers/{first.pk}/save-as-test",
    ):
        check(watched, address)
    check_admin(watched, first, len(names), made[0])


def check_admin(watched: Watched, answer: Answer, documents: int, document: Document) -> None:
    for address in (
        *pages("/admin/documents/document/?p={}", documents, 100),
        f"/admin/documents/document/{document.pk}/change/",
        "/admin/answers/answer/",
        f"/admin/answers/answer/{answer.pk}/change/",
        f"/admin/answers/answer/{answer.pk}/found/",
        "/admin/answers/conversation/",
        "/admin/answers/feedback/",
        "/admin/evaluation/goldenquestion/",
    ):
        check(watched, address)


def test_names_of_collections_in_every_list(watched, payloads):
    names = list(bundles(payloads, 120))
    Collection.objects.bulk_create(
        Collection(slug=f"c{n}", name=name, description=name) for n, name in enumerate(names)
    )

    check(watched, "/")
    assert set(texts(watched, "#collection-list a > span:first-child")) >= set(names)
    check(watched, "/documents")
    check(watched, "/admin/documents/collection/")
    check(watched, "/admin/documents/document/add/")


def test_answers_of_a_model_while_they_come_and_after(watched, shelf, payloads, settings: LazySettings):
    """The model says them, the page writes them as they come, then the server's HTML takes their place."""
    index_text(shelf, "cats.txt", "Cats purr when they are content.")
    asked = [("When do cats purr?", said) for said in bundles(payloads, 25_000, "\n\n")]
    asked += [(f"When do cats purr? {payload}", payload) for payload in own()[:3]]
    with FakeProvider() as provider:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        watched.page.goto("/")
        for number, (question, said) in enumerate(asked, start=1):
            provider.mode = f"says:Cats purr when they are content [1].\n\n{said}"
            watched.page.get_by_label("Your question").fill(question)
            watched.page.keyboard.press("Enter")
            expect(watched.page.locator(".exchange[data-answer]")).to_have_count(number)
            check(watched)
    assert texts(watched, "h2.question") == [question for question, _ in asked]
    watched.page.locator("a.citation").first.click()
    expect(watched.page.locator("#source #quote")).to_have_text("Cats purr when they are content.")
    check(watched)


def test_files_under_hostile_names_from_choosing_to_deleting(watched, worker, shelf):
    """The page itself writes the names of files that are on their way."""
    files: list[FilePayload] = [
        {"name": name.replace("/", "_"), "mimeType": "text/plain", "buffer": f"Cats purr {number}.".encode()}
        for number, name in enumerate(own()[:4])
    ]
    page = watched.page

    page.locator("#upload-form input[type=file]").set_input_files(files)
    expect(page.locator(".upload-state", has_text="Ready")).to_have_count(len(files))
    check(watched)
    assert texts(watched, ".upload-name") == [file["name"] for file in files]
    check(watched, "/documents")
    # Browsers write the quotation mark of a file's name so.
    assert set(texts(watched, ".document-name")) == {file["name"].replace('"', "%22") for file in files}
    page.get_by_role("link", name="Delete").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(watched)


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 800}], ids=["phone", "wide"])
def test_hostile_names_do_not_push_a_page_off_the_screen(open_page, root, shelf, size):
    watched = open_page(viewport=size)
    arm(watched)
    made = make_documents([*own(), "x" * 255, "<b>" * 80], shelf)
    make_pages(made[0], ["y" * 3000])
    sign_in(watched, root)

    for address in ("/documents", f"/documents/{made[0].pk}/pages/1"):
        check(watched, address)
        assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_an_original_is_saved_and_never_shown(watched, shelf):
    html = "<html><body><script>alert('original')</script><p>Cats purr.</p></body></html>"
    document = index_text(shelf, "evil.html", html)
    page = watched.page
    page.goto(f"/documents/{document.pk}/pages/1")

    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the original").click()

    assert saved.value.suggested_filename == "evil.html"
    check(watched)
