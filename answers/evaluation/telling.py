"""The words of pure modules of this part that people read, marked for translation. Those who show them translate."""

from django.utils.translation import gettext_noop as _

FIGURE_TITLES = (
    _("passed"),
    _("document found"),
    _("quote found"),
    _("right words"),
    _("answered"),
    _("rightly refused"),
)
FLAWS = (
    _("Say what is expected: a document, a quote or words of the answer. Or say that it should be refused."),
    _("A question that should be refused expects no document, quote or words."),
)
