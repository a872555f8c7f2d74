"""How a document's figures look in the admin, in the list and on its own page. Asks nothing of permissions."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat, truncatechars
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from documents.models import Document

ERROR_CHARACTERS = 80  # of an error in the list; its document's own page shows all of it


class DocumentColumns:
    @admin.display(description="progress")
    def progress_bar(self, document: Document) -> str:
        percent = document.progress_percent
        return format_html('<progress max="100" value="{}"></progress> {} %', percent, percent)

    @admin.display(description="size", ordering="size_bytes")
    def size(self, document: Document) -> str:
        return filesizeformat(document.size_bytes)

    @admin.display(description="error")
    def short_error(self, document: Document) -> str:
        return truncatechars(document.error, ERROR_CHARACTERS)

    @admin.display(description="quarantine", ordering="quarantined_at", empty_value="–")
    def quarantine_state(self, document: Document) -> str | None:
        if document.quarantined_at is None:
            return None
        since = date_format(localtime(document.quarantined_at), "Y-m-d H:i")
        return f"Since {since}: {document.quarantine_reason}"

    @admin.display(description="pages", ordering="pages_total")
    def pages_count(self, document: Document) -> int:
        return document.pages_total

    @admin.display(description="chunks", ordering="chunks_total")
    def chunks_count(self, document: Document) -> int:
        return document.chunks_total

    @admin.display(description="added", ordering="created_at")
    def added(self, document: Document) -> str:
        return date_format(localtime(document.created_at), "Y-m-d H:i")

    @admin.display(description="original")
    def original(self, document: Document) -> str:
        return format_html('<a href="{}">Download</a>', reverse("document-original", args=[document.pk]))

    @admin.display(description="text")
    def text_of_pages(self, document: Document) -> str:
        if not document.pages.exists():
            return "Not read yet"
        return format_html('<a href="{}">Read the pages</a>', reverse("document-page", args=[document.pk, 1]))
