"""The admin's page on spending: each day's tokens, cost and share of the limit, and who may look."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from answers.models import Answer, Conversation, TokensSpent
from answers.spending import cost_in_words
from qabot.api_keys import make_key
from tests.library import make_user

pytestmark = pytest.mark.django_db

SPENDING = "/admin/answers/tokensspent/"


@pytest.fixture
def admin_page(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def spend(subject: str, tokens: int, cost: int, unpriced: int = 0, days_ago: int = 0) -> None:
    day = timezone.now().date() - timedelta(days=days_ago)
    TokensSpent.objects.create(
        day=day, subject=subject, tokens=tokens, cost_microdollars=cost, unpriced_tokens=unpriced
    )


def cells(page: str, column: str) -> list[str]:
    return [part.split("</td>")[0] for part in page.split(f'<td class="field-{column}">')[1:]]


def test_each_day_shows_who_spent_how_much_and_the_share_of_the_limit(admin_page: Client, settings: LazySettings):
    settings.QABOT_DAILY_TOKENS = {"app": 100_000, "user": 5_000}
    alice = make_user("<b>alice</b>")
    key = make_key("notebook", alice).key
    spend("", 12_345, 1_250_000)
    spend(f"user:{alice.pk}", 6_000, 1_000)
    spend(f"key:{key.pk}", 345, 0, unpriced=345)
    spend("user:999", 1, 0)
    spend("indexing", 2_000, 40)

    page = admin_page.get(SPENDING).content.decode()

    bar = '<progress max="100" value="{}"></progress> {} %'
    assert list(zip(cells(page, "who"), cells(page, "tokens_used"), cells(page, "cost"), strict=True)) == [
        ("Whole app, all questions", "12,345", "$1.25"),
        ("Indexing documents", "2,000", "$0.000040"),
        (f"notebook (qab_{key.prefix}_…)", "345", "unknown"),
        ("&lt;b&gt;alice&lt;/b&gt;", "6,000", "$0.0010"),
        ("user 999 (deleted)", "1", "$0"),
    ]
    assert cells(page, "share") == [
        bar.format(12, 12),
        "no limit",
        "no limit",
        bar.format(100, 120),
        bar.format(0, 0),
    ]


def test_today_and_the_last_thirty_days_are_summed_up(admin_page: Client, settings: LazySettings):
    settings.QABOT_DAILY_TOKENS = {"app": 1_000}
    spend("", 250, 100)
    spend("user:1", 250, 100)
    spend("", 1_000, 400, unpriced=10, days_ago=29)
    spend("indexing", 500, 10, days_ago=1)
    spend("", 7_000, 700, days_ago=30)

    sums = admin_page.get(SPENDING).context["sums"]

    assert [(total.title, total.used, total.cost, total.percent) for total in sums] == [
        ("Questions today", "250 of 1,000", "$0.00010", 25),
        ("Indexing today", "0", "$0", None),
        ("The last 30 days", "1,750", "more than $0.00051", None),
    ]


def test_a_year_of_days_is_a_few_queries_and_can_be_narrowed(admin_page: Client, django_assert_max_num_queries):
    alice = make_user()
    for days_ago in range(60):
        spend("", 10, 1, days_ago=days_ago)
        spend(f"user:{alice.pk}", 10, 1, days_ago=days_ago)

    with django_assert_max_num_queries(14):
        everything = admin_page.get(SPENDING).context["cl"]
    people = admin_page.get(f"{SPENDING}?who=user").context["cl"]
    app = admin_page.get(f"{SPENDING}?who=app").context["cl"]

    assert [found.result_count for found in (everything, people, app)] == [120, 60, 60]


def test_nobody_changes_what_was_spent_and_only_those_permitted_look(admin_page: Client):
    spend("", 1, 1)
    row = TokensSpent.objects.get()
    staff = Client()
    bob = make_user("bob", is_staff=True)
    staff.force_login(bob)

    assert admin_page.get(f"{SPENDING}add/").status_code == 403
    assert admin_page.post(f"{SPENDING}{row.pk}/change/", {"tokens": 0}).status_code == 403
    assert admin_page.post(f"{SPENDING}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get(SPENDING).status_code == 403
    bob.user_permissions.add(Permission.objects.get(codename="view_tokensspent"))
    assert staff.get(SPENDING).status_code == 200


def test_an_answers_cost_stands_in_the_list_and_on_its_page(admin_page: Client):
    for cost in (None, 772):
        talk = Conversation.objects.create()
        answer = Answer.objects.create(conversation=talk, question="Why?", model="gpt", cost_microdollars=cost)

    listed = admin_page.get("/admin/answers/answer/").content.decode()
    page = admin_page.get(f"/admin/answers/answer/{answer.pk}/change/").content.decode()

    assert cells(listed, "cost") == ["$0.00077", "unknown"]
    assert "$0.00077" in page
    assert "$0.00077" in admin_page.get(f"/admin/answers/answer/{answer.pk}/found/").content.decode()


@pytest.mark.parametrize(
    ("cost", "unpriced", "words"),
    [(0, 0, "$0"), (0, 5, "unknown"), (10, 5, "more than $0.000010"), (10, 0, "$0.000010")],
)
def test_what_is_not_known_of_a_cost_is_said(cost: int, unpriced: int, words: str):
    assert cost_in_words(cost, unpriced) == words
