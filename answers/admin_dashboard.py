"""The admin's first page: what needs doing, figures and plots, each leading to its list.

Six statements at most, whatever there is: measured in tests/answers/test_admin_dashboard.py. Nobody is told more here
than the lists would show them.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.postgres.functions import TransactionNow
from django.db.models import BigIntegerField, Count, Func, Model, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils.translation import gettext as _

from answers.admin_needs import Known, Need, Step, needs_of
from answers.admin_plots import Plot, Row, questions_plot, rows_of, spending_plot, times_plot
from answers.admin_tiles import State, Tile, states_of, tiles_of
from answers.figures import DAYS, Times, answering_times, asked_by_day, spent_by_day
from answers.models import Answer, Feedback, TokensSpent
from answers.options import daily_tokens
from answers.querysets import TODAY
from documents.figures import document_figures
from documents.models import Document, EmbeddingIndex, IndexState, Worker
from documents.vital_signs import read_vital_signs
from qabot.models import ApiKey

T = TypeVar("T")


@dataclass(frozen=True)
class Beside:
    """What one statement tells besides documents, questions and spending. `now` is the database's clock."""

    now: datetime
    today: date
    size_bytes: int
    people: int
    keys: int
    keys_used: int
    building: int


@dataclass(frozen=True)
class Board:
    now: datetime
    days: int
    first: date
    last: date
    needs: list[Need]
    steps: list[Step]
    states: tuple[State, ...]
    documents: int
    tiles: list[Tile]
    plots: list[Plot]
    rows: tuple[Row, ...]

    @property
    def drawn(self) -> bool:
        return any(plot.drawn for plot in self.plots)


def board_for(person: User, seen: Collection[type[Model]]) -> Board:
    """What this member of staff is shown, who may look at the models in `seen`."""

    def if_seen(model: type[Model], read: Callable[[], T]) -> T | None:
        return read() if model in seen else None

    beside = _read_beside(person)
    answers = Answer.objects.visible_to(person)
    asked = if_seen(Answer, lambda: asked_by_day(answers, beside.today)) or ()
    times = if_seen(Answer, lambda: answering_times(answers, beside.today)) or Times(None, None)
    spent = if_seen(TokensSpent, lambda: spent_by_day(beside.today)) or ()
    documents = if_seen(Document, lambda: document_figures(Document.objects.visible_to(person)))
    known = Known(
        signs=if_seen(Worker, read_vital_signs),
        documents=documents,
        asked=asked,
        spent=spent,
        size_bytes=if_seen(Document, lambda: beside.size_bytes),
        plan_bytes=settings.DATABASE_PLAN_BYTES,
        limits=daily_tokens(),
        building=if_seen(EmbeddingIndex, lambda: beside.building),
        model=settings.QABOT_EMBEDDING_MODEL,
    )
    plots = [questions_plot(asked, feedback=Feedback in seen), times_plot(asked, times)] if asked else []
    return Board(
        now=beside.now,
        days=DAYS,
        first=beside.today - timedelta(days=DAYS - 1),
        last=beside.today,
        needs=needs_of(known),
        steps=_first_steps(person, beside, known),
        states=states_of(documents) if documents else (),
        documents=documents.total if documents else 0,
        tiles=tiles_of(
            known,
            people=if_seen(User, lambda: beside.people),
            keys=if_seen(ApiKey, lambda: (beside.keys, beside.keys_used)),
        ),
        plots=[*plots, spending_plot(spent)] if spent else plots,
        rows=rows_of(asked, spent),
    )


def _first_steps(person: User, beside: Beside, known: Known) -> list[Step]:
    """Those of a new installation, for whoever may take them all, until something was added and asked."""
    if not person.is_superuser or known.documents is None:
        return []
    asked = bool(known.asked and any(day.questions for day in known.asked))
    if known.documents.ready and (asked or Answer.objects.exists()):
        return []
    has_model = settings.QABOT_CHAT_PROVIDER is not None
    return [
        Step(
            _("Add documents"),
            _("Answers come from them, and from nothing else."),
            known.documents.total > 0,
            reverse("admin:documents_document_add"),
        ),
        Step(
            _("Set up a model"),
            _("Set OPENAI_API_KEY, or CHAT_BASE_URL for another provider. Without one, answers are quotations."),
            has_model,
        ),
        Step(_("Ask the first question"), _("Its numbers lead to the words it rests on."), asked, reverse("ask")),
        Step(
            _("Invite people"),
            _("Add an account for each; manage.py signin_link makes a link for the first sign-in."),
            beside.people > 1,
            reverse("admin:auth_user_add"),
        ),
    ]


def _read_beside(person: User) -> Beside:
    """One statement, of the row of whoever looks: it is sure to be there."""
    keys = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)
    database = Func(function="current_database")
    values: dict[str, Any] = {
        "now": TransactionNow(),
        "today": TODAY,
        "size_bytes": Func(database, function="pg_database_size", output_field=BigIntegerField()),
        "people": _count(get_user_model()._default_manager.filter(is_active=True)),
        "keys": _count(keys),
        "keys_used": _count(keys.filter(last_used_at__gte=Now() - timedelta(days=DAYS))),
        "building": _count(EmbeddingIndex.objects.filter(state=IndexState.BUILDING)),
    }
    row: Any = get_user_model()._default_manager.filter(pk=person.pk).values(**values).get()
    return Beside(**row)


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(rows=Count("pk")).values("rows")
    return Coalesce(Subquery(counted), 0)
