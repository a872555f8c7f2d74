"""How a document's figures look in the admin, in the list and on its own page. Asks nothing of permissions."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat, truncatechars
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from documents.models import Document, Status
from documents.reasons import reason_in_language
from qabot.local_numbers import grouped

ERROR_CHARACTERS = 80  # of an error in the list; its document's own page shows all of it


class DocumentColumns:
    @admin.display(description=_("progress"))
    def progress_bar(self, document: Document) -> str:
        percent = document.progress_percent
        return format_html('<progress max="100" value="{}"></progress> {} %', percent, percent)

    @admin.display(description=_("size"), ordering="size_bytes")
    def size(self, document: Document) -> str:
        return filesizeformat(document.size_bytes)

    @admin.display(description=_("size"), ordering="size_bytes")
    def size_and_pages(self, document: Document) -> str:
        size, pages = filesizeformat(document.size_bytes), document.pages_total
        words = ngettext("%(count)s page", "%(count)s pages", pages) % {"count": grouped(pages)} if pages else ""
        return format_html('{} <span class="beside">{}</span>', size, words)

    @admin.display(description=_("state"), ordering="status")
    def state(self, document: Document) -> str:
        """The state, and below it how far it is, why it failed, or why it is in quarantine."""
        badge, words, below = document.status, document.get_status_display(), ""
        if document.quarantined:
            badge, words, below = "quarantined", gettext("In quarantine"), document.quarantine_reason
        elif document.status == Status.PROCESSING:
            below = f"{document.get_stage_display()}, {document.progress_percent} %"
        elif document.status == Status.FAILED:
            below = reason_in_language(document.error)
        shown = truncatechars(below, ERROR_CHARACTERS)
        return format_html('<span class="badge {}">{}</span> <span class="beside">{}</span>', badge, words, shown)

    @admin.display(description=_("quarantine"), ordering="quarantined_at")
    def quarantine_state(self, document: Document) -> str:
        if document.quarantined_at is None:
            return "–"
        since = date_format(localtime(document.quarantined_at), "SHORT_DATETIME_FORMAT")
        return _("Since %(time)s: %(reason)s") % {"time": since, "reason": document.quarantine_reason}

    @admin.display(description=_("pages"), ordering="pages_total")
    def pages_count(self, document: Document) -> int:
        return document.pages_total

    @admin.display(description=_("chunks"), ordering="chunks_total")
    def chunks_count(self, document: Document) -> int:
        return document.chunks_total

    @admin.display(description=_("added"), ordering="created_at")
    def added(self, document: Document) -> str:
        return date_format(localtime(document.created_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("original"))
    def original(self, document: Document) -> str:
        return format_html('<a href="{}">{}</a>', reverse("document-original", args=[document.pk]), _("Download"))

    @admin.display(description=_("text"))
    def text_of_pages(self, document: Document) -> str:
        if not document.pages.exists():
            return str(_("Not read yet"))
        return format_html('<a href="{}">{}</a>', reverse("document-page", args=[document.pk, 1]), _("Read the pages"))
