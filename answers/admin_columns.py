"""How an answer's figures look in the admin's list. Asks nothing of permissions."""

from django.contrib import admin
from django.template.defaultfilters import truncatechars
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from answers.admin_plots import seconds
from answers.models import Answer, AnswerStatus, Mode
from qabot.prices import in_dollars

QUESTION_CHARACTERS = 100  # of a question in the list
MODE_TONES = {Mode.GENERATED: "good", Mode.EXTRACTED: "good", Mode.REFUSED: ""}
STATUS_TONES = {AnswerStatus.FAILED: "bad", AnswerStatus.INTERRUPTED: "warn", AnswerStatus.WORKING: ""}


class AnswerColumns:
    @admin.display(description=_("question"), ordering="question")
    def short_question(self, answer: Answer) -> str:
        return truncatechars(answer.question, QUESTION_CHARACTERS)

    @admin.display(description=_("outcome"), ordering="mode")
    def outcome(self, answer: Answer) -> str:
        """How it was answered; where it was not to the end, what happened instead."""
        if answer.status == AnswerStatus.DONE:
            tone, words = MODE_TONES.get(Mode(answer.mode), "") if answer.mode else "", answer.get_mode_display()
        else:
            tone, words = STATUS_TONES[AnswerStatus(answer.status)], answer.get_status_display()
        return format_html('<span class="badge {}">{}</span>', tone, words or "–")

    @admin.display(description=_("cited"), ordering="supported")
    def cited(self, answer: Answer) -> str:
        """Whether each sentence that claims something has its citation; a refusal claims nothing."""
        if answer.mode in ("", Mode.REFUSED):
            return "–"
        return gettext("wholly") if answer.supported else gettext("in part")

    @admin.display(description=_("readers"), ordering="feedback__helpful")
    def helpful(self, answer: Answer) -> str:
        if not hasattr(answer, "feedback"):
            return "–"
        if answer.feedback.helpful:
            return gettext("helped")
        return format_html('<span class="badge bad">{}</span>', gettext("disliked"))

    @admin.display(description=_("time"), ordering="timings_ms__total")
    def time(self, answer: Answer) -> str:
        return seconds(answer.timings_ms.get("total"))

    @admin.display(description=_("cost"), ordering="cost_microdollars")
    def cost(self, answer: Answer) -> str:
        return in_dollars(answer.cost_microdollars)

    @admin.display(description=_("asked"), ordering="created_at")
    def asked(self, answer: Answer) -> str:
        """When, and below it by whom."""
        when = date_format(localtime(answer.created_at), "SHORT_DATETIME_FORMAT")
        person = answer.conversation.owner or gettext("not signed in")
        return format_html('{} <span class="beside">{}</span>', when, person)
