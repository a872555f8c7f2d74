"""What is stored with answers in English, in the reader's language: the refusal, and notices.

A conversation is thus in one language, whatever language its reader has now, and a model that is told the agreed
refusal in English is understood. An answer's own words are the model's or the documents', and stay.
"""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from answers.models import Answer, Mode
from answers.refusal import REFUSAL
from qabot.provider_sentences import PROVIDER_SENTENCES
from qabot.retelling import retold

REFUSALS = (_("The documents do not contain an answer to this question."),)
NOTICES = (
    _("This answer reached the longest length and ends here. Ask for the rest."),
    _("This answer is incomplete."),
    _("So nothing was written: these are the sentences of your documents that answer best."),
    _("So nothing was written: no sentence of your documents answers by itself."),
    _("The model is not available: these are the sentences of your documents that answer best."),
    _("The model is not available: no sentence of your documents answers by itself."),
    _("Today's budget for written answers is used up: these are the sentences of your documents that answer best."),
    _("Today's budget for written answers is used up: no sentence of your documents answers by itself."),
    _("Today's budget is used up."),
    _("It starts again at 00:00 UTC."),
    _("The embedding model is not available: only the words of the question were searched for."),
    _("The vector engine is not available: passages were found by the words of the question alone."),
    _("The database takes no changes just now: this is quoted from your documents, and was not kept."),
    _("The connection was closed before this answer was complete."),
    _("The server was restarted before this answer was complete."),
    _("The server stopped before this answer was complete."),
)
TOLD = NOTICES + PROVIDER_SENTENCES


def notice_in_language(notice: str) -> str:
    """What the reader of an answer should know."""
    return retold(notice, TOLD)


def text_in_language(answer: Answer) -> str:
    """An answer's text: of a refusal, which says no more than the agreed sentence, that sentence."""
    refused = answer.mode == Mode.REFUSED and answer.text == REFUSAL
    return gettext(REFUSAL) if refused else answer.text
