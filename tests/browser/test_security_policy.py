"""Django's admin and the REST documentation, which we did not write, under our content security policy.

Whatever the browser complains about fails the test: see conftest.py.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, picture, sign_in
from tests.library import index_text, make_collection, make_user
from tests.routes import addresses

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_every_page_of_the_admin_runs_under_the_policy(open_page):
    root = make_user("root", is_staff=True, is_superuser=True)
    document = index_text(make_collection(), "bees.txt", "Bees make honey.", root)
    watched = open_page()
    sign_in(watched, root)

    lists = [path for path in addresses() if path.startswith("/admin/") and path.count("/") == 4]
    pages = [*lists, "/admin/", "/admin/auth/user/add/", f"/admin/auth/user/{root.pk}/change/"]
    pages += [f"/admin/documents/document/{document.pk}/{page}/" for page in ("change", "delete", "history")]
    for path in pages:
        answer = watched.page.goto(path)
        assert answer is not None and answer.status == 200, path

    watched.page.goto(f"/admin/auth/user/{root.pk}/change/")
    expect(watched.page.locator(".selector").first).to_be_visible()  # made by the admin's own scripts


def test_the_rest_documentation_runs_under_the_policy(open_page):
    watched = open_page()
    watched.page.goto("/api/docs")

    watched.page.get_by_role("button", name="POST /api/search").first.click()
    expect(watched.page.get_by_role("button", name="Try it out")).to_be_visible()
    picture(watched, "api-docs")


@pytest.mark.parametrize(
    ("name", "options"), [("wide", {}), ("phone-dark", {"viewport": PHONE, "color_scheme": "dark"})]
)
def test_a_form_that_is_too_old_says_what_to_do(name, options, open_page):
    watched = open_page(**options)
    watched.page.goto("/login")
    watched.page.context.clear_cookies()
    watched.page.get_by_label("Username").fill("root")
    watched.page.get_by_label("Password").fill("wrong")
    watched.page.get_by_role("button", name="Sign in").click()

    expect(watched.page.get_by_role("heading", name="This form cannot be taken")).to_be_visible()
    picture(watched, f"form-too-old-{name}")
    watched.forgive("403")
