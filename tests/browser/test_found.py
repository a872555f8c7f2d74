"""How an answer was found, in a real browser: reached from the answer, readable on a phone and in the dark."""

import pytest
from playwright.sync_api import expect

from answers.models import Answer
from tests.browser.conftest import SECONDS, more_about_the_answer, picture, sign_in
from tests.browser.pictures import SEEN
from tests.library import index_text, make_collection

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

LEAVE = "How many days of paid annual leave does an employee get?"
HANDBOOK = """# Leave

Every employee is entitled to 28 days of paid annual leave per calendar year. Leave is agreed with the team.

# Equipment

Laptops last three years. A laptop that is lost must be reported on the same day.

# Abroad

Working from abroad is possible for up to 20 working days per year, if the employee's team agrees.
"""


@pytest.mark.parametrize("look", SEEN)
def test_how_an_answer_was_found_is_one_click_away(open_page, alice, shelf, look):
    index_text(shelf, "handbook.md", HANDBOOK)
    index_text(make_collection("travel"), "travel " + "policy " * 20 + ".txt", "Employees fly economy. " * 40)
    watched = open_page(**SEEN[look])
    page = watched.page
    sign_in(watched, alice)
    page.get_by_label("Your question").fill(LEAVE)
    page.keyboard.press("Enter")

    more_about_the_answer(watched)
    page.get_by_role("link", name="How this was found").click()

    answer = Answer.objects.get()
    expect(page).to_have_url(f"{watched.base_url}/answers/{answer.pk}/found")
    expect(page.get_by_role("heading", name=LEAVE)).to_be_visible()
    expect(page.locator(".passages tbody tr")).to_have_count(answer.passages.count())
    expect(page.locator(".passages tbody tr").first).to_contain_text("28 days of paid annual leave")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(watched, f"found-{look}")
    page.get_by_role("link", name="Back to the answer").click()
    expect(page.locator(f"#answer-{answer.pk}")).to_be_in_viewport()
