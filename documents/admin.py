"""The admin's pages on collections, documents and workers.

Nothing of a document's content can be edited: what answers cite is what was uploaded. What a member of staff may see
and remove follows the collections' own permissions, on top of Django's.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from documents.admin_columns import DocumentColumns
from documents.admin_quarantine import QuarantineFilter, Quarantining, changeable
from documents.admin_upload import UploadForm
from documents.managing import delete_document, index_again, keep_in, retry
from documents.models import Collection, Document, Status, Worker
from documents.uploading import Upload
from documents.worker_presence import WORKER_GONE, worker_is_missed
from qabot.admin_site import FlatDeletion, LookOnly
from qabot.local_numbers import grouped
from qabot.rate_limits import limited
from qabot.request_bodies import takes_files


class VisibleCollectionFilter(admin.RelatedFieldListFilter):
    """Only the collections this person may read: even a name can tell something."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(str(row.pk), row.name) for row in Collection.objects.visible_to(request.user)]


@admin.register(Collection)
class CollectionAdmin(FlatDeletion):
    list_display = ["name", "slug", "readers", "adders", "documents_count", "ready_count", "created_at"]
    list_filter = ["readers", "adders"]
    search_fields = ["name", "slug", "description"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["members", "member_groups"]
    readonly_fields = ["documents_count", "ready_count", "created_at"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "description"]}),
        (_("Who"), {"fields": ["readers", "adders", "members", "member_groups"]}),
        (_("What it holds"), {"fields": ["documents_count", "ready_count", "created_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        return Collection.objects.visible_to(request.user).with_counts()

    @admin.display(description=_("documents"), ordering="documents_count")
    def documents_count(self, collection: Any) -> int:
        return getattr(collection, "documents_count", 0)  # a collection being added has no counts yet

    @admin.display(description=_("ready"), ordering="ready_count")
    def ready_count(self, collection: Any) -> int:
        return getattr(collection, "ready_count", 0)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        collection: Collection = form.instance
        if not change:
            keep_in(collection, request.user)

    def deletion_obstacles(self, rows: list[Any], request: HttpRequest) -> list[str]:
        counts = Document.objects.filter(collection__in=[row.pk for row in rows]).values("collection__name")
        return [
            f"{row['collection__name']} holds {_documents(row['documents'])} first."
            for row in counts.order_by("collection__name").annotate(documents=Count("pk"))
        ]


@admin.register(Document)
class DocumentAdmin(DocumentColumns, Quarantining, FlatDeletion):
    list_display = ["name", "state", "collection", "size_and_pages", "added"]
    list_filter = [
        "status",
        ("quarantined_at", QuarantineFilter),
        ("collection", VisibleCollectionFilter),
        "media_type",
    ]
    list_select_related = ["collection"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["name", "about"]
    actions = ["index_again_selected", "retry_failed", *Quarantining.actions]
    readonly_fields = [
        "quarantine_state",
        "original",
        "text_of_pages",
        "progress_bar",
        "size",
        "pages_count",
        "chunks_count",
    ]
    fieldsets = [
        (None, {"fields": ["name", "about", "collection", "quarantine_state", "original", "text_of_pages"]}),
        (_("Indexing"), {"fields": ["status", "stage", "progress_bar", "error", "attempts", "ready_at"]}),
        (
            _("File"),
            {"fields": ["media_type", "size", "pages_count", "chunks_count", "sha256", "uploader", "created_at"]},
        ),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and worker_is_missed():
            messages.warning(request, str(WORKER_GONE))
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return Document.objects.visible_to(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Document | None = None) -> bool:
        return False

    def has_index_permission(self, request: HttpRequest) -> bool:
        """Who may have documents indexed again: Django's "can change document"."""
        return request.user.has_perm("documents.change_document")

    def has_delete_permission(self, request: HttpRequest, obj: Document | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        if not allowed or obj is None:
            return allowed
        return Document.objects.changeable_by(request.user).filter(pk=obj.pk).exists()

    # Uploading

    @takes_files
    @method_decorator(limited("upload"))
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"collection": request.GET.get("collection")}
        form = UploadForm(request.POST or None, request.FILES or None, actor=request.user, initial=initial)
        if request.method == "POST" and form.is_valid():
            for upload in form.store(request.user, settings.QABOT_MAX_UPLOAD_BYTES):
                self._report(request, upload)
            if form.is_valid():
                return redirect("admin:documents_document_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Upload documents"),
            "opts": self.opts,
            "form": form,
            "media": self.media,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/documents/document/upload.html", context)

    def _report(self, request: HttpRequest, upload: Upload) -> None:
        document = upload.document
        if upload.created:
            self.log_addition(request, document, [{"added": {}}])
            told = gettext("%(name)s was uploaded and waits to be indexed.")
            self.message_user(request, told % {"name": document.name}, messages.SUCCESS)
        else:
            # The name of the document that exists may differ from that of the file just sent.
            told = gettext("This file is here already, as %(name)s.")
            self.message_user(request, told % {"name": document.name}, messages.WARNING)

    # Actions

    @admin.action(description=_("Index the selected documents again"), permissions=["index"])
    def index_again_selected(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        documents = changeable(request, queryset)
        for document in documents:
            index_again(document)
        self._tell_waiting(request, len(documents))

    @admin.action(description=_("Retry the selected documents that failed"), permissions=["index"])
    def retry_failed(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        documents = changeable(request, queryset.filter(status=Status.FAILED))
        for document in documents:
            retry(document)
        self._tell_waiting(request, len(documents))

    def _tell_waiting(self, request: HttpRequest, count: int) -> None:
        level = messages.SUCCESS if count else messages.WARNING
        told = ngettext("%(count)d document waits to be indexed.", "%(count)d documents wait to be indexed.", count)
        self.message_user(request, told % {"count": count}, level)

    # Deleting

    def delete_model(self, request: HttpRequest, obj: Document) -> None:
        delete_document(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        # One at a time: each goes in a statement of its own, with all its rows.
        for document in queryset:
            delete_document(document)

    def deletion_obstacles(self, rows: list[Any], request: HttpRequest) -> list[str]:
        changeable = Collection.objects.addable_by(request.user).values("pk")
        others = Collection.objects.filter(documents__in=[row.pk for row in rows]).exclude(pk__in=changeable)
        sentence = gettext("You may not remove documents from %(collection)s.")
        return [sentence % {"collection": collection} for collection in others.distinct()]


@admin.register(Worker)
class WorkerAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["name", "seen_at"]
    list_display_links = None
    ordering = ["-seen_at"]


def _documents(count: int) -> str:
    told = ngettext("%(count)s document: delete it", "%(count)s documents: delete them", count)
    return told % {"count": grouped(count)}
