"""Every page of the product in every state worth looking at: what the checks of this folder go through.

A state is a function that brings a signed-in page there. A new one is a function with `@state(…)`, or a line of PLAIN.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import ViewportSize, expect

from tests.browser.visiting import PHONE, WIDE, Visit
from tests.browser.world import LEAVE, OFF_TOPIC

Go = Callable[[Visit], None]


@dataclass(frozen=True)
class State:
    name: str
    person: str  # of the world's people; nobody is signed in as ""
    go: Go
    viewport: ViewportSize = field(default_factory=lambda: WIDE)  # of the window it is reached in
    ours: bool = True  # not Swagger UI, whose elements we have from elsewhere
    forgiven: tuple[str, ...] = ()  # rules that elements break which are not ours

    def show(self, visit: Visit) -> None:
        """Bring the visitor there, style sheets and all: the text of a page that a form led to is there before them."""
        self.go(visit)
        visit.page.wait_for_load_state("load")

    @property
    def widths(self) -> dict[str, ViewportSize]:
        """What it is looked at in: what was opened on a phone is not dragged wide."""
        return {"phone": PHONE} if self.viewport == PHONE else {"wide": WIDE, "phone": PHONE}

    @property
    def slug(self) -> str:
        return "-".join("".join(letter if letter.isalnum() else " " for letter in self.name).split())


STATES: list[State] = []


def state(name: str, person: str = "alice", viewport: ViewportSize = WIDE) -> Callable[[Go], Go]:
    def keep(go: Go) -> Go:
        STATES.append(State(name, person, go, viewport))
        return go

    return keep


# Pages that an address alone shows: name, who looks, address

PLAIN = (
    ("ask, nothing asked yet", "alice", "/"),
    ("ask, no documents yet", "newcomer", "/"),
    ("ask, nothing to read and nothing to add", "outsider", "/"),
    ("answer, rich, and a follow-up", "alice", "/conversations/{rich}"),
    ("answer, quoted without a model", "alice", "/conversations/{extracted}"),
    ("answer, refused", "alice", "/conversations/{refused}"),
    ("answer, failed and interrupted", "alice", "/conversations/{broken}"),
    ("answer in Arabic", "alice", "/conversations/{from_right}"),
    ("citation on a page of its own", "alice", "/answers/{rich_answer}/citations/1"),
    ("how an answer was found", "alice", "/answers/{rich_answer}/found"),
    ("how a refusal was found", "alice", "/answers/{refused_answer}/found"),
    ("save as test", "root", "/answers/{rich_answer}/save-as-test"),
    ("share, before the link", "alice", "/answers/{extracted_answer}/share"),
    ("shared answer, as a visitor sees it", "", "/shared/{token}"),
    ("shared links", "alice", "/shared"),
    ("shared links, none", "newcomer", "/shared"),
    ("documents, full and busy and failed", "alice", "/documents"),
    ("documents, second page", "alice", "/documents?page=2"),
    ("documents, failed ones", "alice", "/documents?status=failed"),
    ("documents, nothing matches", "alice", "/documents?search=nothing+of+the+sort"),
    ("documents, empty", "newcomer", "/documents"),
    ("documents, empty and closed", "outsider", "/documents"),
    ("document, deleting asked", "alice", "/documents/{text}/delete"),
    ("viewer of a text", "alice", "/documents/{text}/pages/1?start=42&end=90"),
    ("viewer of a PDF with a quote", "alice", "/documents/{pdf}/pages/2?start=6&end=55"),
    ("viewer of an Arabic text", "alice", "/documents/{arabic}/pages/1"),
    ("viewer of a text without any space", "alice", "/documents/{long}/pages/1"),
    ("conversations, all", "alice", "/conversations"),
    ("collections", "alice", "/collections"),
    ("collections, as a superuser", "root", "/collections"),
    ("collection, new", "root", "/collections/new"),
    ("account", "alice", "/account"),
    ("account, new key", "alice", "/account/keys/new"),
    ("account, password", "alice", "/account/password"),
    ("sign in", "", "/login"),
    ("admin, first page", "root", "/admin/"),
    ("admin, documents", "root", "/admin/documents/document/"),
    ("admin, a document", "root", "/admin/documents/document/{pdf}/change/"),
    ("admin, answers", "root", "/admin/answers/answer/"),
    ("admin, collections", "root", "/admin/documents/collection/"),
    ("admin, golden questions", "root", "/admin/evaluation/goldenquestion/"),
)


def _opens(path: str) -> Go:
    return lambda visit: visit.goto(path)


STATES += [State(name, person, _opens(path)) for name, person, path in PLAIN]


def _documentation(visit: Visit) -> None:
    visit.goto("/api/docs")
    visit.page.locator(".opblock").first.wait_for()  # until then something turns


STATES += [State("REST documentation", "", _documentation, ours=False)]
AN_ANSWER = _opens("/admin/answers/answer/{rich_answer}/change/")
# Django's own tables of rows that belong to another begin and end with a head without words.
STATES += [State("admin, an answer", "root", AN_ANSWER, forgiven=("empty-table-header",))]

# Pages that have to be brought into their state


def _with_email(path: str) -> Go:
    def go(visit: Visit) -> None:
        visit.set(QABOT_SENDS_EMAIL=True)
        visit.goto(path)

    return go


STATES += [
    State("sign in, password forgotten", "", _with_email("/password/forgotten")),
    State("sign in, link sent", "", _with_email("/password/forgotten/sent")),
    State("sign in, password is new", "", _with_email("/password/new")),
]


@state("ask, streaming", "alice")
def streaming(visit: Visit) -> None:
    visit.model("hang_mid:9")
    visit.goto("/")
    visit.ask(LEAVE)
    expect(visit.page.locator(".exchange .answer-text").last).to_contain_text("annual")


@state("ask, waiting for the first word")
def waiting(visit: Visit) -> None:
    visit.model("hang_first_token")
    visit.goto("/")
    visit.ask(LEAVE)
    expect(visit.page.get_by_role("button", name="Stop").first).to_be_visible()


@state("ask, just refused")
def just_refused(visit: Visit) -> None:
    visit.goto("/")
    visit.ask(OFF_TOPIC)
    expect(visit.page.locator(".answer.refused")).to_be_visible()


@state("ask, server not reached")
def not_reached(visit: Visit) -> None:
    visit.goto("/")
    visit.page.route("**/api/ask", lambda route: route.abort(), times=1)
    visit.ask(LEAVE)
    expect(visit.page.get_by_role("alert").first).to_be_visible()
    visit.watched.forgive("Failed to load resource")


@state("ask, source open")
def source_open(visit: Visit) -> None:
    visit.goto("/conversations/{rich}")
    visit.page.locator("a.citation").first.click()
    expect(visit.page.locator("#source mark").first).to_be_visible()


@state("ask, conversations open on a phone", viewport=PHONE)
def conversations_open(visit: Visit) -> None:
    visit.goto("/")
    visit.page.locator(".menu-button").click()


@state("ask, source open on a phone", viewport=PHONE)
def source_open_on_a_phone(visit: Visit) -> None:
    source_open(visit)


@state("ask, adding documents")
def adding(visit: Visit) -> None:
    visit.goto("/conversations/{rich}")
    visit.page.locator(".add-button").click()


@state("help sheet")
def help_sheet(visit: Visit) -> None:
    visit.goto("/documents")
    visit.page.wait_for_load_state()
    visit.page.keyboard.press("?")
    expect(visit.page.locator("#help")).to_be_visible()


@state("account menu open")
def account_menu(visit: Visit) -> None:
    visit.goto("/documents")
    visit.page.locator("header .who").click()


@state("documents, adding")
def adding_documents(visit: Visit) -> None:
    visit.goto("/documents")
    visit.page.get_by_role("button", name="Add documents").first.click()


@state("sign in, wrong password", "")
def wrong_password(visit: Visit) -> None:
    visit.goto("/login")
    visit.page.get_by_label("Username").fill("alice")
    visit.page.get_by_label("Password", exact=True).fill("wrong")
    visit.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(visit.page.get_by_role("main")).to_contain_text("Please enter a correct")


@state("account, password with errors")
def password_errors(visit: Visit) -> None:
    visit.goto("/account/password")
    for box in visit.page.locator("main input[type=password]").all():
        box.fill("x")
    visit.page.get_by_role("main").locator("form button[type=submit]").first.click()
    expect(visit.page.locator(".errorlist").first).to_be_visible()


@state("nothing here (404)")
def nothing_here(visit: Visit) -> None:
    visit.goto("/documents/999999999/pages/1")
    visit.watched.forgive("status of 404")


@state("link is used up (410)", "")
def used_up(visit: Visit) -> None:
    visit.goto("/signin/AA/x")
    visit.watched.forgive("status of 410")


@state("shared answer is gone", "")
def shared_gone(visit: Visit) -> None:
    answer = visit.page.goto("/shared/unknown")
    visit.watched.forgive(f"status of {answer.status if answer else 404}")


def _fails(template: str, status: int, **context: object) -> Go:
    return lambda visit: visit.show(template, status, **context)


STATES += [
    State("unreadable request (400)", "", _fails("400.html", 400)),
    State("not allowed (403)", "", _fails("403.html", 403)),
    State("form too old (403)", "", _fails("403_csrf.html", 403)),
    State("too large (413)", "", _fails("413.html", 413, max_bytes=50_000_000)),
    State(
        "too often (429)", "", _fails("429.html", 429, sentence="Too many requests in a short time. Try again in 30 s.")
    ),
    State("server error (500)", "", _fails("500.html", 500)),
    State(
        "not available (503)",
        "",
        _fails("503.html", 503, sentence="The database is not available. Try again in a moment."),
    ),
]
