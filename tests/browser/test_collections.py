"""Collections in a real browser: the list, making one, finding members, and deleting what is empty."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from documents.models import Collection, Readers
from tests.browser.conftest import PHONE, SECONDS, Watched, picture, sign_in
from tests.library import make_collection, make_user, upload_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

FITS = "document.documentElement.scrollWidth <= innerWidth"


def pictures(watched: Watched, name: str) -> None:
    """Wide and on a phone, light and dark; and nothing is wider than the smallest screen."""
    for viewport, size in (
        ({"width": 1280, "height": 800}, "wide"),
        (PHONE, "phone"),
        ({**PHONE, "width": 320}, "320"),
    ):
        watched.page.set_viewport_size(viewport)  # type: ignore[arg-type]
        assert watched.page.evaluate(FITS), (name, size)
        for scheme in ("light", "dark"):
            watched.page.emulate_media(color_scheme=scheme)
            picture(watched, f"collections-{name}-{size}-{scheme}")
    watched.page.set_viewport_size({"width": 1280, "height": 800})


@pytest.fixture
def root(shelf: Collection) -> Any:
    return make_user("root", is_staff=True, is_superuser=True)


def test_the_list_leads_to_each_collections_documents(open_page: Callable[..., Watched], root: Any, shelf: Collection):
    board = make_collection("board", description="Minutes of the board and of all its committees. " * 5)
    Collection.objects.create(slug="long", name="x" * 120, readers=Readers.PUBLIC)
    Collection.objects.create(slug="ar", name="محاضر الاجتماعات", readers=Readers.MEMBERS, adders="staff")
    for number in range(3):
        upload_text(board, f"Minutes {number}.txt", f"Minutes {number}")
    watched = open_page()
    page = watched.page
    sign_in(watched, root)

    page.get_by_role("link", name="Collections").click()
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Collections")).to_have_attribute(
        "aria-current", "page"
    )
    pictures(watched, "list")
    page.get_by_role("link", name="Board", exact=True).click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(3)
    pictures(watched, "one")


def test_a_collection_is_made_with_members_changed_and_deleted(open_page: Callable[..., Watched], root: Any):
    bob = make_user("bob", first_name="Robert", last_name="Müller")
    watched = open_page()
    page = watched.page
    sign_in(watched, root)
    page.goto("/collections")
    page.get_by_role("link", name="New collection").click()

    page.get_by_label("Name", exact=True).fill("Contracts")
    page.get_by_label("Description").fill("What we signed.")
    page.get_by_role("group", name="Who may read").get_by_label("Members only").check()
    page.get_by_label("Find a person or a group").fill("müll")
    page.keyboard.press("Enter")
    expect(page.get_by_label("bob")).to_be_visible()
    expect(page.get_by_label("Find a person or a group")).to_be_focused()
    page.get_by_label("bob").check()
    page.get_by_label("Find a person or a group").fill("nobody")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Nobody else is called “nobody”.")).to_be_visible()
    expect(page.get_by_label("bob")).to_be_checked()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Contracts")
    pictures(watched, "form")
    page.get_by_role("button", name="Make the collection").click()

    expect(page.get_by_role("heading", name="Contracts")).to_be_visible()
    made = Collection.objects.get(slug="contracts")
    assert (made.readers, list(made.members.all())) == (Readers.MEMBERS, [bob])
    page.get_by_role("link", name="Edit collection").click()
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    pictures(watched, "wrong")
    page.get_by_role("link", name="Delete this collection").click()
    expect(page.get_by_role("link", name="Keep it")).to_be_focused()
    pictures(watched, "delete")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("status").filter(has_text="Contracts was deleted.")).to_be_visible()
    watched.forgive("status of 400")


def test_a_collection_that_holds_something_says_why_it_stays(
    open_page: Callable[..., Watched], root: Any, shelf: Collection
):
    upload_text(shelf, "cats.txt", "Cats purr.")
    watched = open_page()
    sign_in(watched, root)
    watched.page.goto("/collections/documents/delete")

    expect(watched.page.get_by_role("heading", name="This collection is not empty")).to_be_visible()
    pictures(watched, "not-empty")


def test_members_are_found_without_javascript_too(open_page: Callable[..., Watched], root: Any):
    make_user("bob", first_name="Robert")
    watched = open_page(java_script_enabled=False)
    page = watched.page
    sign_in(watched, root)
    page.goto("/collections/new")

    page.get_by_label("Name", exact=True).fill("Contracts")
    page.get_by_label("Find a person or a group").fill("robert")
    page.get_by_role("button", name="Find").click()
    page.get_by_label("bob").check()
    page.get_by_role("button", name="Make the collection").click()

    assert list(Collection.objects.get(slug="contracts").members.values_list("username", flat=True)) == ["bob"]
