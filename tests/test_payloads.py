"""Every payload in every place that shows text: pages keep their shape, and the text is there to the letter.

The shape of a page is its elements and the names of their attributes. A payload that changed it would have become code,
whether a browser would have run it or not; tests/browser/test_payloads.py asks a browser.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from selectolax.lexbor import LexborHTMLParser, LexborNode

from answers.conversations import ANSWERS_SHOWN
from answers.models import Answer, Citation, Conversation, Feedback
from answers.rendering import ALLOWED_TAGS
from documents.models import Collection, Document, Readers
from documents.parsing.cleaning import clean
from documents.parsing.guard import Limits, parse_guarded
from documents.parsing.media_types import HTML, MARKDOWN, TEXT
from documents.uploading import clean_name
from qabot.provider import ProviderSettings
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user
from tests.payload_rows import make_answers, make_documents, make_failed, make_golden_questions, make_pages
from tests.payloads import bundles, own

pytestmark = pytest.mark.django_db

QUESTION_CHARACTERS, NAME_CHARACTERS, COLLECTION_CHARACTERS = 2000, 255, 120
HARMLESS_SCHEMES = {"http", "https", "mailto", ""}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


@pytest.fixture
def root() -> Any:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def client(root) -> Client:
    client = Client()
    client.force_login(root)
    return client


def shape(html: str) -> Counter[tuple[str, ...]]:
    """How often each element occurs with which attributes. Not in which order: names decide that of a list.

    Line breaks are left out: a question shows its own.
    """
    nodes = LexborHTMLParser(html).css("*:not(br)")
    return Counter((str(node.tag), *sorted(node.attributes)) for node in nodes)


def shown(client: Client, address: str) -> str:
    response = client.get(address, follow=True)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def texts(html: str, selector: str) -> list[str]:
    return [node.text() for node in LexborHTMLParser(html).css(selector)]


def check_shape(client: Client, addresses: Sequence[str], make_plain: Callable[[], object]) -> None:
    """The pages have the same shape as when every hostile text on them is a plain word."""
    hostile = [shape(shown(client, address)) for address in addresses]
    make_plain()
    plain = [shape(shown(client, address)) for address in addresses]
    differing = {
        address: (one - other, other - one)
        for address, one, other in zip(addresses, hostile, plain, strict=True)
        if one != other
    }
    assert differing == {}


def check_answer(node: LexborNode) -> None:
    """What an answer may consist of, whatever it says."""
    for part in node.css("*"):
        if part.mem_id == node.mem_id:
            continue
        assert part.tag in ALLOWED_TAGS, part.html
        assert set(part.attributes) <= {"href", "class", "rel", "start", "dir", "data-citation"}, part.html
        scheme = SCHEME.match(re.sub(r"[\x00-\x20]", "", part.attributes.get("href") or ""))
        assert scheme is None or scheme[1].lower() in HARMLESS_SCHEMES, part.html
        assert part.tag != "a" or part.attributes["rel"] == "noopener noreferrer nofollow ugc", part.html


# Names


def test_names_of_documents(client, payloads):
    hostile = list(bundles(payloads, NAME_CHARACTERS))
    made = make_documents(hostile, make_collection())
    make_failed(hostile[:100], make_collection("failed"))
    lists = [f"/documents?collection=reports&page={n}" for n in range(1, -(-len(hostile) // 25) + 1)]
    admin = [f"/admin/documents/document/?p={n}" for n in range(1, -(-len(hostile) // 50) + 1)]

    names = [name for address in lists for name in texts(shown(client, address), ".document-name")]
    listed = [name for address in admin for name in texts(shown(client, address), "th.field-name a")]

    assert names == [clean_name(name) for name in reversed(hostile)]
    assert set(listed) >= set(names[len(hostile) % 50 :])
    some = [
        f"/documents/{made[0].pk}/delete",
        f"/admin/documents/document/{made[0].pk}/change/",
        "/documents?collection=failed",
    ]
    plain = {"name": "plain", "about": "plain"}
    check_shape(client, [*lists, *admin, *some], lambda: Document.objects.update(**plain))


def test_names_of_collections(client, payloads):
    Collection.objects.bulk_create(
        Collection(slug=f"c{number}", name=name, description=name, readers=Readers.PUBLIC)
        for number, name in enumerate(bundles(payloads, COLLECTION_CHARACTERS))
    )
    names = list(Collection.objects.values_list("name", flat=True))
    addresses = ["/", "/documents?search=x", "/admin/documents/collection/", "/admin/documents/document/add/"]

    page = shown(client, "/")

    assert set(texts(page, "#collection-list a > span:first-child")) == set(names)
    assert set(texts(page, "#composer option")) == {"All collections", *names}
    check_shape(client, addresses, lambda: Collection.objects.update(name="plain", description="plain"))


# Documents


def test_pages_of_documents_and_what_they_say_of_themselves(client, payloads):
    [document] = make_documents(["\n".join(payloads)[:5000]], make_collection())
    whole = list(bundles(payloads, 60_000, "\n"))
    make_pages(document, whole)
    addresses = [f"/documents/{document.pk}/pages/{n}?start=3&end=900" for n in range(1, len(whole) + 1)]

    for address, text in zip(addresses, whole, strict=True):
        [page] = texts(shown(client, address), ".page-text")
        assert page == text.replace("\r\n", "\n").replace("\r", "\n")
    check_shape(client, addresses, lambda: document.pages.update(text="plain " * 200, label="plain"))


@pytest.mark.parametrize("media_type", [TEXT, MARKDOWN, HTML])
def test_files_of_nothing_but_payloads(client, payloads, media_type):
    """What a parser makes of them is text; how much of it HTML leaves is the parser's affair."""
    content = "\n\n".join(payloads)
    [document] = make_documents(["payloads"], make_collection())

    pages = [page for _, page in parse_guarded(content.encode(), media_type, Limits())]

    if media_type == TEXT:
        assert "".join("".join(page.text.split()) for page in pages) == "".join(clean(content).split())
    make_pages(document, [page.text for page in pages])
    for page in pages:
        html = shown(client, f"/documents/{document.pk}/pages/{page.number}")
        assert texts(html, ".page-text") == [page.text]
        assert {node.tag for node in LexborHTMLParser(html).css(".page-text *")} <= {"span"}


# Questions and answers


def test_questions_are_asked_and_shown_as_they_are(client, payloads):
    asked = [question.strip() for question in bundles(payloads, QUESTION_CHARACTERS)]

    for number, question in enumerate(asked):
        if number == len(asked) - 6:  # the last few of a library that holds something: searching costs more
            index_text(make_collection(), "cats.txt", "Cats purr when they are content. <script>alert(1)</script>")
        response = client.post("/api/ask", {"question": question}, content_type="application/json")
        assert response.status_code == 200, question
        assert response.json()["question"] == question

    talk = Conversation.objects.first()
    assert talk is not None
    [answer] = talk.answers.all()
    [heading] = LexborHTMLParser(shown(client, f"/conversations/{talk.pk}")).css("h2.question")
    assert {node.tag for node in heading.css("*")} <= {"h2", "br"}
    assert "".join(heading.text().split()) == "".join(answer.question.split())


def test_each_naughty_string_alone_is_a_question_a_name_and_a_title(client, shared_data: Path):
    """Alone, because some mean something only alone: an empty one, a number, a word of SQL."""
    lines = (shared_data / "robustness" / "naughty_strings.jsonl").read_text(encoding="utf-8").split("\n")
    strings = [json.loads(line)["text"] for line in lines if line]

    for string in strings:
        asked = client.post("/api/ask", {"question": string}, content_type="application/json")
        searched = client.get("/api/documents", {"search": string, "collection": string, "page": string})
        assert asked.status_code in (200, 400) and searched.status_code in (200, 400, 404), string
        if asked.status_code == 200:
            assert asked.json()["question"] == string.strip()
    for string in strings:
        made = client.post("/api/collections", {"name": string}, content_type="application/json")
        assert made.status_code in (201, 400), string
        if made.status_code == 201:
            assert made.json()["name"] == string.strip()
    assert len(strings) == 258


def test_answers_with_all_that_stands_around_them(client, root, payloads):
    shelf = make_collection()
    [document] = make_documents(["payloads"], shelf)
    make_pages(document, ["\n".join(payloads)])
    hostile = list(bundles(payloads, 400))
    talk = make_answers(hostile, root, document)
    make_golden_questions(hostile, shelf, root)
    first = talk.answers.order_by("pk").first()
    assert first is not None

    numbers = list(talk.answers.order_by("pk").values_list("pk", flat=True))
    stretches = [f"/conversations/{talk.pk}?at={number}" for number in numbers[::ANSWERS_SHOWN]]
    pages = [LexborHTMLParser(shown(client, address)) for address in stretches]

    quotes: dict[str, str] = {}  # by answer: the last two stretches share some
    tags: set[str] = set()
    for exchange in (node for page in pages for node in page.css(".exchange")):
        [answer], [quote] = exchange.css(".answer-text"), exchange.css(".sources .excerpt")
        quotes[exchange.attributes["data-answer"] or ""] = quote.text()
        check_answer(answer)
        answer.decompose(recursive=True)
        tags |= {str(node.tag) for node in exchange.css("*")}
    assert quotes == {str(number): " ".join(text.split()) for number, text in zip(numbers, hostile, strict=True)}
    assert tags <= {
        "li", "h2", "br", "p", "div", "ol", "ul", "a", "span", "form", "input", "button", "svg", "use",
    }  # fmt: skip
    source = LexborHTMLParser(shown(client, f"/answers/{first.pk}/citations/1"))
    assert [node.text() for node in source.css("#quote")] == [hostile[0]]
    assert {str(node.tag) for node in source.css(".source-content *")} <= {
        "article", "header", "p", "span", "h2", "a", "div", "mark", "svg", "use",
    }  # fmt: skip

    Answer.objects.update(text="Cats purr [1].")  # an answer's own shape is its Markdown's
    addresses = [
        *stretches,
        f"/answers/{first.pk}/found",
        f"/answers/{first.pk}/save-as-test",
        "/admin/answers/answer/",
        f"/admin/answers/answer/{first.pk}/change/",
        f"/admin/answers/answer/{first.pk}/found/",
        "/admin/answers/conversation/",
        "/admin/answers/feedback/",
        "/admin/evaluation/goldenquestion/",
    ]
    check_shape(client, addresses, lambda: _make_plain(talk, first))


def _make_plain(talk: Conversation, first: Answer) -> None:
    plain = "plain"
    talk.answers.update(
        question=plain, searched_for="plainer", notice=plain, model=plain, embedding_model=plain,
        timings_ms={plain: 1.0, "total": 2.0},
    )  # fmt: skip
    Citation.objects.update(quote=plain, document_name=plain, page_label=plain)
    first.passages.update(document_name=plain, page_label=plain, heading_path=[plain])
    Feedback.objects.update(comment=plain)
    Conversation.objects.update(title=plain)


@pytest.mark.django_db(transaction=True)  # a stream is drawn in a thread, with a connection of its own
def test_what_a_model_says_comes_clean_through_every_door(client, payloads, settings):
    index_text(make_collection(), "cats.txt", "Cats purr when they are content.")
    with FakeProvider() as provider:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        for said in bundles(payloads, 10_000, "\n\n"):
            provider.mode = f"says:{said}\n\nCats purr when they are content [1]."
            ask = {"question": "When do cats purr?", "stream": True}
            response = client.post("/api/ask", ask, content_type="application/json")
            events = _events(b"".join(response.streaming_content).decode())
            done = events["done"][-1]
            for html in (done["html"], client.get(f"/api/answers/{done['id']}").json()["html"]):
                [node] = LexborHTMLParser(f"<main>{html}</main>").css("main")
                check_answer(node)
            for html in (
                shown(client, f"/conversations/{done['conversation']}"),
                client.get(f"/answers/{done['id']}", headers={"X-Requested-With": "fragment"}).content.decode(),
            ):
                [node] = LexborHTMLParser(html).css(".answer-text")
                check_answer(node)


def _events(stream: str) -> dict[str, list[Any]]:
    events: dict[str, list[Any]] = {}
    for name, data in re.findall(r"^event: (\w+)\ndata: (.*)$", stream, re.MULTILINE):
        events.setdefault(name, []).append(json.loads(data))
    return events


# Files under hostile names


def test_files_under_hostile_names_are_taken_in_and_given_back(client):
    make_collection()
    for number, name in enumerate(own()):
        file = _file(name, f"Cats purr {number}.".encode())
        response = client.post("/api/documents", {"file": file, "collection": "reports"})
        assert response.status_code == 201, name
        sent = client.get(f"/api/documents/{response.json()['id']}/original")
        assert sent.headers["Content-Disposition"].startswith("attachment; filename")
        assert b"".join(sent.streaming_content) == f"Cats purr {number}.".encode()


def _file(name: str, content: bytes) -> Any:
    return SimpleUploadedFile(name, content)


def test_a_hostile_name_in_a_refusal_is_text(client):
    make_collection()
    name = "<img src=x onerror=alert(1)>.zip"

    page = client.post(
        "/upload", {"collection": "reports", "file": _file(name, b"PK\x03\x04")}, follow=True
    ).content.decode()

    assert "&lt;img src=x onerror=alert(1)&gt;.zip" in page and "<img src=x" not in page
