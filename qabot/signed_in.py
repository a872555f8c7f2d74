"""Where a person is signed in: notes whose each session is, lists them, ends them. Knows no page and no address.

What is shown is what holds: a session that a new password has ended is not listed, whoever set the password.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare

from qabot.models import SignedInSession
from qabot.user_agents import Program, program_of

SEEN_NOTED_EVERY = timedelta(minutes=10)  # a write for every request would cost more than the request
USER_AGENT_CHARACTERS = 200
SHOWN = 50  # of a person's sessions, the latest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SignedIn:
    """One place where a person is signed in."""

    pk: int
    program: Program
    since: datetime
    seen_at: datetime
    is_this: bool


def places_of(user: User, this_key: str | None) -> tuple[SignedIn, ...]:
    """Where this person is signed in: the session that asks, then those last seen."""
    rows = SignedInSession.objects.of(user).select_related("session")[:SHOWN]
    places = [
        SignedIn(row.pk, program_of(row.user_agent), row.created_at, row.seen_at, row.session_id == this_key)
        for row in rows
        if _still_holds(row.session, user)
    ]
    return tuple(sorted(places, key=lambda place: not place.is_this))


def sign_out(place: SignedInSession) -> None:
    """End one session; one that has ended meanwhile is ended."""
    Session.objects.filter(pk=place.session_id).delete()


def sign_out_elsewhere(user: User, this_key: str | None) -> int:
    """End this person's sessions but this one; how many."""
    others = SignedInSession.objects.of(user).exclude(session=this_key)
    return Session.objects.filter(pk__in=list(others.values_list("session", flat=True))).delete()[0]


def note(request: HttpRequest) -> None:
    """Note whose this session is, and that it was seen: once in a while, and where it can be written."""
    session = request.session
    if not session.session_key or SESSION_KEY not in session:
        return
    # What is remembered is of one process: several note it as often as one, each by the row's own time.
    if cache.add(f"seen:{session.session_key}", True, SEEN_NOTED_EVERY.total_seconds()):
        _write(session.session_key, int(session[SESSION_KEY]), request.headers.get("User-Agent", ""))


class SignedInMiddleware:
    """Notes sessions that a request made use of.

    Of a stream nothing: its connection was given back. Of a failure nothing: the database may be what failed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.session.accessed and not response.streaming and response.status_code < 500:
            note(request)
        return response


def _write(session_key: str, user_id: int, user_agent: str) -> None:
    """The answer is made already, and is worth more than this: whatever the database says is logged alone."""
    said = "".join(filter(str.isprintable, user_agent))[:USER_AGENT_CHARACTERS]
    rows = SignedInSession.objects.filter(session=session_key)
    try:
        with transaction.atomic():
            if not rows.filter(seen_at__lt=Now() - SEEN_NOTED_EVERY).update(seen_at=Now(), user_agent=said):
                row = SignedInSession(session_id=session_key, user_id=user_id, user_agent=said)
                SignedInSession.objects.bulk_create([row], ignore_conflicts=True)
    except (DatabaseError, InterfaceError) as error:  # ended meanwhile; or it takes no writes
        log.warning("session not noted", extra={"reason": type(error.__cause__).__name__})


def _still_holds(session: Session, user: User) -> bool:
    """Whether the password has not changed since: Django asks the same of every request."""
    kept = session.get_decoded().get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(kept, each) for each in hashes)
