"""The admin in a real Chromium: every page of every list, in both looks, and its first page in each of its states.

Whatever the browser complains about fails the test: see conftest.py.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from answers.evaluation.models import EvaluationRun, GoldenQuestion
from answers.models import (
    Answer,
    AnswerStatus,
    Citation,
    Conversation,
    Feedback,
    Mode,
    RetrievedPassage,
    SharedAnswer,
    TokensSpent,
)
from documents.models import Document, EmbeddingIndex, Status, Worker
from qabot.api_keys import make_key
from qabot.models import OpenIdIdentity
from tests.browser.conftest import PHONE, picture, sign_in
from tests.browser.pictures import LOOKS, SEEN
from tests.library import index_text, make_collection, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

QUESTIONS = (
    ("How long may an expense report wait before it is sent?", Mode.GENERATED),
    ("Who approves travel above 5,000 euros, and what happens when that person is away?", Mode.GENERATED),
    ("What is the capital of Mongolia?", Mode.REFUSED),
    ("Which form is for a lost receipt?", Mode.EXTRACTED),
)


@pytest.fixture
def root(shelf: Any) -> Any:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def busy(root: Any, shelf: Any, settings: Any) -> Any:
    """An installation in use: a row of everything, and a fortnight of questions."""
    settings.QABOT_DAILY_TOKENS = {"app": 60_000}
    settings.DATABASE_PLAN_BYTES = 40_000_000
    handbook = index_text(shelf, "Employee handbook 2026.txt", "Bees make honey. Reports wait 30 days.", root)
    board = make_collection("board", readers="members", description="Minutes and papers")
    states = (Status.READY, Status.READY, Status.READY, Status.PENDING, Status.FAILED)
    for number, status in enumerate(states * 5):
        Document.objects.create(
            collection=(shelf, board)[number % 2],
            name=f"Minutes of the meeting on a rather long subject {number + 1}.pdf",
            media_type="application/pdf",
            size_bytes=120_000 * (number + 1),
            sha256=f"{number:064}",
            status=status,
            chunks_total=40 if status == Status.READY else 0,
            pages_total=12,
            error="The file holds no text layer: a scan. Recognise its text first." if status == Status.FAILED else "",
        )
    Document.objects.filter(name__contains="subject 1.").update(
        quarantined_at=timezone.now(), quarantine_reason="Says the opposite of the handbook"
    )
    answers = [_asked(root, shelf, number) for number in range(60)]
    _judge(answers, handbook, root)
    for number in range(14):
        day = timezone.now().date() - timedelta(days=number)
        for subject, tokens in (("", 52_000 - 2_500 * number), ("indexing", 9_000 * (number % 3))):
            TokensSpent.objects.create(day=day, subject=subject, tokens=tokens, cost_microdollars=tokens * 3)
    make_key("notebook", root)
    Group.objects.create(name="Board")
    OpenIdIdentity.objects.create(user=root, issuer="https://id.example.org", subject="root@example.org")
    GoldenQuestion.objects.create(question="Who makes honey?", collection=shelf, expected_text="Bees")
    EvaluationRun.objects.create(started_by=root, total=3, question_ids=[1, 2, 3], whole=True)
    Worker.objects.update_or_create(name="web.1", defaults={"seen_at": timezone.now()})
    return handbook


def _asked(person: Any, shelf: Any, number: int) -> Answer:
    question, mode = QUESTIONS[number % len(QUESTIONS)]
    made = Answer.objects.create(
        conversation=Conversation.objects.create(owner=person, title=question),
        question=question,
        text="Reports wait 30 days [1].",
        mode=mode,
        status=AnswerStatus.DONE,
        supported=mode != Mode.REFUSED,
        model="gpt-5-mini",
        prompt_tokens=900,
        completion_tokens=80,
        cost_microdollars=1_250,
        searched_ids=[shelf.pk],
        timings_ms={"search": 40, "total": 700 + 37 * (number * 7 % 60)},
    )
    made.collections.add(shelf)
    Answer.objects.filter(pk=made.pk).update(created_at=Now() - timedelta(days=(number * number) % 14, minutes=number))
    return made


def _judge(answers: list[Answer], handbook: Document, person: Any) -> None:
    span = {"document": handbook, "document_name": handbook.name, "page_number": 1, "start": 0, "end": 16}
    for answer in answers[::7]:
        Feedback.objects.create(answer=answer, helpful=answer.pk % 2 == 0, comment="That is last year's rule.")
    for answer in answers[:2]:
        Citation.objects.create(
            answer=answer, number=1, quote="Bees make honey.", passage_start=0, passage_end=16, score=0.8, **span
        )
        RetrievedPassage.objects.create(answer=answer, fused_rank=1, fused_score=1.2, **span)
    SharedAnswer.objects.create(answer=answers[0], digest="d" * 64, created_by=person)


def pages_of(model: Any) -> list[str]:
    """The list, a form to add one, and the page, history and deletion of a row, as far as the admin has them."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.order_by("pk").first()
    assert row is not None, f"the busy installation has no {model._meta.verbose_name}"
    pages = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
    return pages + [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]


@pytest.mark.parametrize("look", ["wide", "phone-dark"])  # each width and each look once: some sixty pages
def test_every_page_of_every_list_opens_without_a_complaint_and_fits(look, open_page, root, busy):
    EmbeddingIndex.objects.get_or_create(model="other", dimensions=3, state="building")
    watched = open_page(**LOOKS[look])
    sign_in(watched, root)

    for model in admin.site._registry:
        for path in pages_of(model):
            answer = watched.page.goto(path)
            status = answer.status if answer else 0
            assert status in (200, 403), path  # 403: nobody may add or delete one by hand
            if status == 403:
                watched.forgive("403")
            wider = watched.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, f"{path} is {wider} px wider than the window"
            if status == 200 and not path.endswith(("history/", "add/")):
                picture(watched, f"admin-{look}-{path.strip('/').replace('/', '-')}")


@pytest.mark.parametrize("look", SEEN)
def test_the_first_page_of_a_busy_installation(look, open_page, root, busy):
    watched = open_page(**LOOKS[look])
    sign_in(watched, root)
    watched.page.goto("/admin/")

    expect(watched.page.get_by_role("heading", name="To do first")).to_be_visible()
    watched.page.set_viewport_size({"width": LOOKS[look].get("viewport", {"width": 1280})["width"], "height": 1500})
    picture(watched, f"admin-busy-{look}")


def test_the_first_page_of_a_new_installation_leads_to_its_first_steps(open_page, root):
    watched = open_page()
    sign_in(watched, root)
    watched.page.goto("/admin/")
    picture(watched, "admin-new")
    watched.page.set_viewport_size({**PHONE, "height": 1500})
    picture(watched, "admin-new-phone")

    watched.page.get_by_role("link", name="Add documents", exact=True).click()
    expect(watched.page.get_by_role("heading", name="Upload documents")).to_be_visible()


def test_the_look_chosen_on_the_account_page_is_the_admins_too(open_page, root):
    watched = open_page(color_scheme="light")
    sign_in(watched, root)

    def ground(theme: str) -> str:
        watched.page.context.add_cookies([{"name": "theme", "value": theme, "url": watched.base_url}])
        watched.page.goto("/admin/")
        return watched.page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert ground("dark") == "rgb(21, 24, 26)"
    assert ground("light") == "rgb(250, 249, 246)"


def test_the_first_page_works_by_keyboard_from_right_to_left_and_in_a_narrow_window(open_page, root, busy):
    watched = open_page(viewport={"width": 320, "height": 1800})
    sign_in(watched, root)
    watched.page.goto("/admin/")
    watched.page.evaluate("document.documentElement.dir = 'rtl'")
    picture(watched, "admin-narrow-rtl")
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 320

    summary = watched.page.get_by_text("The same as a table")
    summary.focus()
    watched.page.keyboard.press("Enter")
    expect(watched.page.get_by_role("columnheader", name="Median")).to_be_visible()
    picture(watched, "admin-table")


@pytest.mark.parametrize("look", SEEN)
def test_sharing_saving_as_a_test_and_how_it_was_found(look, open_page, root, busy):
    watched = open_page(**LOOKS[look])
    sign_in(watched, root)
    answer = Answer.objects.filter(citations__isnull=False).earliest("pk")

    pages = {
        "share": reverse("share-answer", args=[answer.pk]),
        "shared-answers": reverse("shared-answers"),
        "save-as-test": reverse("save-as-test", args=[answer.pk]),
        "found": reverse("admin:answers_answer_found", args=[answer.pk]),
    }
    for name, path in pages.items():
        watched.page.goto(path)
        expect(watched.page.get_by_role("heading", level=1)).to_have_count(1)
        assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        picture(watched, f"{name}-{look}")

    watched.page.goto(pages["share"])
    watched.page.get_by_role("button", name="Make a link").click()
    address = watched.page.get_by_label("Copy the link now.").input_value()
    picture(watched, f"share-made-{look}")
    watched.page.goto(address)
    expect(watched.page.get_by_role("heading", name="The words it rests on")).to_be_visible()
    picture(watched, f"shared-{look}")
