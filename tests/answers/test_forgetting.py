"""What nobody can come back to is deleted; everything else stays."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.utils import timezone

from answers import forgetting
from answers.forgetting import forget
from answers.models import Answer, Citation, Conversation, SharedAnswer
from tests.library import make_user

pytestmark = pytest.mark.django_db


def conversation(days: int, owner=None) -> Conversation:
    """A conversation of one answer with a citation, last touched so many days ago."""
    key = "" if owner else "session"
    made = Conversation.objects.create(title=f"{days} days", owner=owner, anonymous_key=key)
    answer = Answer.objects.create(conversation=made, question="Why?")
    spans = {"start": 0, "end": 1, "passage_start": 0, "passage_end": 1}
    Citation.objects.create(answer=answer, number=1, document_name="a.txt", page_number=1, quote="So.", **spans)
    Conversation.objects.filter(pk=made.pk).update(updated_at=Now() - timedelta(days=days))
    return made


def test_sessions_that_expired_are_deleted():
    for key, days in [("past", -1), ("future", 1)]:
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))

    forget(30)

    assert list(Session.objects.values_list("session_key", flat=True)) == ["future"]


def test_old_conversations_of_visitors_are_deleted_whole(monkeypatch):
    monkeypatch.setattr(forgetting, "DELETED_AT_ONCE", 2)
    for days in (31, 40, 400, 29, 1):
        conversation(days)
    kept = conversation(400, owner=make_user())

    forget(30)

    left = list(Conversation.objects.order_by("pk").values_list("title", flat=True))
    assert left == ["29 days", "1 days", kept.title]
    assert (Answer.objects.count(), Citation.objects.count()) == (3, 3)


def test_what_is_shared_stays_until_its_link_is_revoked():
    shared = conversation(31)
    link = SharedAnswer.objects.create(answer=shared.answers.get(), digest="d", created_by=make_user())

    forget(30)
    assert Conversation.objects.filter(pk=shared.pk).exists()

    SharedAnswer.objects.filter(pk=link.pk).update(revoked_at=Now())
    forget(30)
    assert not Conversation.objects.filter(pk=shared.pk).exists()


def test_nought_days_keep_them_for_ever():
    conversation(4000)

    forget(0)

    assert Conversation.objects.count() == 1
