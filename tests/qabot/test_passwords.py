"""Changing a password, and getting a new one by e-mail without telling anybody who has an account."""

import re
import threading

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from qabot.email_choice import EmailServer, choose_email
from qabot.environment import ConfigurationError, Environment
from qabot.passwords import SENDING
from tests.library import make_user

pytestmark = pytest.mark.django_db

OLD, NEW = "correct horse battery", "a staple of another kind"
PAGES = ("/password/forgotten", "/password/forgotten/sent", "/password/new", "/password/new/AA/x")


@pytest.fixture
def alice() -> User:
    return make_user("alice", email="alice@example.com")


@pytest.fixture
def mailing(settings) -> None:
    settings.QABOT_SENDS_EMAIL = True
    settings.SITE_URL = "https://qabot.example"


def ask_for_link(client: Client, email: str) -> str:
    """The page that answers, once its mail is sent."""
    page = client.post("/password/forgotten", {"email": email}, follow=True)
    for thread in threading.enumerate():
        if thread.name == SENDING:
            thread.join()
    shown = page.content.decode().partition("<main")[2]
    return re.sub(r'(?<=name="csrfmiddlewaretoken" value=")\w+', "", shown)  # another in each page


def link_in_mail() -> str:
    found = re.search(r"https://qabot\.example(/password/new/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def choose(client: Client, link: str, password: str = NEW):
    form = client.get(link, follow=True)
    return client.post(form.request["PATH_INFO"], {"new_password1": password, "new_password2": password}, follow=True)


def test_a_link_by_mail_sets_a_new_password_once(client: Client, alice: User, mailing):
    ask_for_link(client, "alice@example.com")
    link = link_in_mail()

    chosen = choose(client, link)
    alice.refresh_from_db()

    assert (alice.check_password(NEW), "Your password was changed" in chosen.content.decode()) == (True, True)
    assert mail.outbox[0].subject == "Your new password for QABot"
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()


def test_opening_the_link_changes_nothing(client: Client, alice: User, mailing):
    ask_for_link(client, "alice@example.com")

    for _ in range(2):
        assert "Choose a new password" in Client().get(link_in_mail(), follow=True).content.decode()
    alice.refresh_from_db()
    assert alice.check_password(OLD)


def test_nobody_is_told_who_has_an_account(client: Client, alice: User, mailing):
    make_user("gone", email="gone@example.com", is_active=False)
    User.objects.create_user("linked", "linked@example.com")  # has no password to forget

    pages = {
        ask_for_link(Client(), email)
        for email in ("alice@example.com", "nobody@example.com", "gone@example.com", "linked@example.com")
    }

    assert len(pages) == 1
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]


def test_the_link_leads_to_this_site_whatever_the_request_is_sent_to(alice: User, mailing, settings):
    settings.ALLOWED_HOSTS = ["*"]

    ask_for_link(Client(headers={"Host": "evil.example"}), "alice@example.com")

    assert "evil.example" not in str(mail.outbox[0].body) + mail.outbox[0].subject
    assert link_in_mail()


def test_a_sign_in_link_is_not_a_password_link(client: Client, alice: User, mailing):
    ask_for_link(client, "alice@example.com")

    assert client.post(link_in_mail().replace("/password/new/", "/signin/")).status_code == 410


def test_without_mail_there_is_nothing_at_these_pages(client: Client):
    assert {client.get(page).status_code for page in PAGES} == {404}
    assert "Forgotten" not in client.get("/login").content.decode()


def test_with_mail_the_sign_in_page_leads_there(client: Client, mailing):
    assert 'href="/password/forgotten"' in client.get("/login").content.decode()
    assert {client.get(page).status_code for page in PAGES} == {200}


def test_a_signed_in_person_changes_their_password_and_is_signed_out_elsewhere(client: Client, alice: User):
    elsewhere = Client()
    for browser in (client, elsewhere):
        browser.force_login(alice)
    form = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}

    page = client.post("/account/password", form, follow=True).content.decode()
    alice.refresh_from_db()

    assert (alice.check_password(NEW), "Your password was changed" in page) == (True, True)
    assert elsewhere.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}, "old password was entered incorrectly"),
        ({"old_password": OLD, "new_password1": "short", "new_password2": "short"}, "too short"),
        ({"old_password": OLD, "new_password1": NEW, "new_password2": OLD}, "match"),
    ],
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_bad_one(
    form: dict[str, str], sentence: str, client: Client, alice: User
):
    client.force_login(alice)

    assert sentence in client.post("/account/password", form).content.decode()
    alice.refresh_from_db()
    assert alice.check_password(OLD)


def test_who_signs_in_by_links_alone_sets_a_first_password(client: Client):
    bob = User.objects.create_user("bob")
    client.force_login(bob)

    assert "Old password" not in client.get("/account/password").content.decode()
    client.post("/account/password", {"new_password1": NEW, "new_password2": NEW})
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_the_environment_names_the_server_and_hides_its_password():
    variables = {"EMAIL_HOST": "smtp.example", "EMAIL_HOST_USER": "site@example.com", "EMAIL_HOST_PASSWORD": "hush"}

    chosen = choose_email(Environment(variables))

    sender = "site@example.com"
    assert chosen == EmailServer("smtp.example", 587, sender, "hush", sender, starttls=True, tls=False)
    assert "hush" not in repr(chosen)
    assert choose_email(Environment({})) is None


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"EMAIL_HOST": "smtp.example"}, "DEFAULT_FROM_EMAIL must be"),
        (
            {"EMAIL_HOST": "h", "DEFAULT_FROM_EMAIL": "a@b.c", "EMAIL_USE_SSL": "1", "EMAIL_USE_TLS": "1"},
            "EMAIL_USE_SSL or EMAIL_USE_TLS",
        ),
    ],
)
def test_a_server_that_cannot_be_used_stops_the_start(variables: dict[str, str], problem: str):
    environment = Environment(variables)
    choose_email(environment)

    with pytest.raises(ConfigurationError, match=problem):
        environment.check()
