"""The admin's two actions on quarantine: put documents in with a reason, let them out. The log says who and when."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from documents.managing import quarantine, release
from documents.models import Document

CONFIRMED = "quarantine"  # the button of the page that asks for the reason


class QuarantineForm(forms.Form):
    reason = forms.CharField(
        max_length=Document._meta.get_field("quarantine_reason").max_length,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Those who may change the documents read it."),
        error_messages={"required": _("Say why, so that others know what to do with them.")},
    )


class QuarantineFilter(admin.EmptyFieldListFilter):
    """Django's filter by whether a field is empty, in words that say what that means here."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.title = _("quarantine")

    def choices(self, changelist: Any) -> Iterator[Any]:
        words = (_("All"), _("Not in quarantine"), _("In quarantine"))
        for choice, word in zip(super().choices(changelist), words, strict=True):
            _replaced, opening, count = str(choice["display"]).partition(" (")
            yield {**choice, "display": f"{word}{opening}{count}"}


class Quarantining(admin.ModelAdmin):
    """For those who may have documents indexed again, in collections they may change."""

    actions = ["quarantine_selected", "release_selected"]

    @admin.action(description=_("Put the selected documents into quarantine"), permissions=["index"])
    def quarantine_selected(self, request: HttpRequest, queryset: QuerySet[Document]) -> TemplateResponse | None:
        documents = changeable(request, queryset.filter(quarantined_at__isnull=True))
        form = QuarantineForm(request.POST if CONFIRMED in request.POST else None)
        if documents and not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("Put into quarantine"),
                "opts": self.opts,
                "documents": documents,
                "form": form,
                "media": self.media,
            }
            return TemplateResponse(request, "admin/documents/document/quarantine.html", context)
        reason = form.cleaned_data["reason"] if documents else ""
        self._do(request, documents, lambda document: quarantine(document, reason), f"Put into quarantine: {reason}")
        return None

    @admin.action(description=_("Release the selected documents from quarantine"), permissions=["index"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        held = changeable(request, queryset.filter(quarantined_at__isnull=False))
        self._do(request, held, release, "Released from quarantine.")

    def _do(
        self, request: HttpRequest, documents: list[Document], step: Callable[[Document], bool], entry: str
    ) -> None:
        """Take the step with each document, write down who did it, and tell how many it was."""
        done = [document for document in documents if step(document)]
        for document in done:
            self.log_change(request, document, entry)
        if step is release:
            told = ngettext(
                "%(count)d document was released from quarantine.",
                "%(count)d documents were released from quarantine.",
                len(done),
            )
        else:
            told = ngettext(
                "%(count)d document was put into quarantine.",
                "%(count)d documents were put into quarantine.",
                len(done),
            )
        level = messages.SUCCESS if done else messages.WARNING
        self.message_user(request, told % {"count": len(done)}, level)


def changeable(request: HttpRequest, documents: QuerySet[Document]) -> list[Document]:
    """Those of these documents that whoever asks may change."""
    mine: Any = Document.objects.changeable_by(request.user)
    return list(documents.filter(pk__in=mine.values("pk")))
