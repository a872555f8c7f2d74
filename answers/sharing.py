"""Share an answer by a link: make it, revoke it, and find what it shows to everybody who has it.

A link shows the question, the answer and what its citations quote. It is dead as soon as it is revoked, its maker may
no longer read a cited document, or one was deleted or put in quarantine: unknown and dead links are told apart nowhere.
Knows nothing of HTTP.
"""

import hashlib
import secrets
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from answers.models import Answer, AnswerStatus, Citation, SharedAnswer
from answers.rendering import render_answer
from answers.telling import text_in_language
from answers.transcript import location
from documents.models import Document

TOKEN_BYTES = 32
SHAREABLE = (AnswerStatus.DONE, AnswerStatus.INTERRUPTED)


class NotShareable(Exception):
    """There is nothing that a link could show. The message is for the person who wants to share."""


@dataclass(frozen=True)
class NewLink:
    """A link just made. `token` is shown once: it cannot be had again."""

    shared: SharedAnswer
    token: str


@dataclass(frozen=True)
class SharedQuote:
    """The words that one citation rests on, and where they stand."""

    number: int
    document_name: str
    location: str
    text: str


@dataclass(frozen=True)
class SharedView:
    """All that a link shows. `html` went through the sanitiser; its marks lead to the quotes on the same page."""

    question: str
    html: str
    quotes: tuple[SharedQuote, ...]


def make_link(answer: Answer, maker: User) -> NewLink:
    """A new link to an answer of this person's own. Raises NotShareable."""
    if not is_shareable(answer):
        raise NotShareable(_("Only an answer with sources that you may all read can be shared."))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return NewLink(SharedAnswer.objects.create(answer=answer, digest=digest_of(token), created_by=maker), token)


def revoke(shared: SharedAnswer) -> None:
    """Show nothing from now on; the moment of an earlier revocation is kept."""
    SharedAnswer.objects.filter(pk=shared.pk, revoked_at=None).update(revoked_at=Now())


def view_of(token: str) -> SharedView | None:
    """What the link shows, or None if there is nothing to show to anybody."""
    shared = SharedAnswer.objects.alive().filter(digest=digest_of(token)).first()
    if shared is None or not may_still_show(shared.answer, shared.created_by):
        return None
    return shown_to_all(shared.answer)


def is_shareable(answer: Answer) -> bool:
    """Whether an answer has something to show to all: it is written, and it cites."""
    owner = answer.conversation.owner
    return answer.status in SHAREABLE and owner is not None and may_still_show(answer, owner)


def may_still_show(answer: Answer, maker: User) -> bool:
    """Whether its maker may read every document that the answer cites, and all of them can be read."""
    cited = set(answer.citations.values_list("document_id", flat=True))
    readable = Document.objects.visible_to(maker).filter(pk__in=cited - {None}, quarantined_at__isnull=True)
    return bool(cited) and readable.count() == len(cited)


def shown_to_all(answer: Answer) -> SharedView:
    citations = list(answer.citations.all())
    numbers = {citation.number for citation in citations}
    html = render_answer(text_in_language(answer), lambda number: f"#quote-{number}" if number in numbers else None)
    return SharedView(answer.question, html, tuple(map(_quote, citations)))


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _quote(citation: Citation) -> SharedQuote:
    return SharedQuote(citation.number, citation.document_name, location(citation), citation.quote)
