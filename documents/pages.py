"""The pages about documents: the list, adding and deleting. Thin: nothing is decided here."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from documents.bulk import selectable_count
from documents.listing import QUARANTINED, known_sort, listed_documents, narrowed_by, next_sort
from documents.managing import delete_document
from documents.managing import retry as retry_document
from documents.models import Collection, Document, Status
from documents.parsing.content import ParsingError
from documents.parsing.media_types import REFUSED_SUFFIXES
from documents.reasons import reason_in_language
from documents.rights import may_shape
from documents.serializers import DEFAULT_COLLECTION
from documents.storage import storage_used
from documents.uploading import accept_upload
from documents.visitors import readers_only
from documents.worker_presence import WORKER_GONE, worker_is_missed
from qabot.rate_limits import limited
from qabot.request_bodies import takes_files

DOCUMENTS_A_PAGE = 25
WORKING = (Status.PENDING, Status.PROCESSING)


@require_safe
@readers_only
def documents(request: HttpRequest) -> HttpResponse:
    """List the documents this visitor may read, with search, filters, sorting and paging."""
    narrowed, sort = narrowed_by(request.GET.dict()), known_sort(request.GET.get("sort", ""))
    listed = Paginator(listed_documents(request.user, narrowed, sort), DOCUMENTS_A_PAGE)
    page: Any = listed.get_page(request.GET.get("page"))
    collections = Collection.objects.visible_to(request.user)
    adding = upload_context(request)
    context = {
        "page": page,
        "narrowed": narrowed,
        "sort": sort,
        "heads": [_head(column, sort) for column in _columns()],
        "statuses": [*Status.choices, *([(QUARANTINED, gettext("In quarantine"))] if adding["addable"] else [])],
        "collections": collections,
        "shown_collection": next((row for row in collections if row.slug == narrowed.collection), None),
        "may_edit_collections": may_shape(request.user, "change"),
        "selectable": selectable_count(request.user, narrowed) if any(row.changeable for row in page) else 0,
        "working": any(document.status in WORKING for document in page),
        "storage": storage_used(settings.DATABASE_PLAN_BYTES) if adding["addable"] else None,
        **adding,
    }
    return render(request, "documents.html", context)


@takes_files
@require_POST
@login_required
@limited("upload")
def upload(request: HttpRequest) -> HttpResponse:
    """Take the files of a form that was sent without JavaScript, and say of each what became of it."""
    collection = get_object_or_404(
        Collection.objects.addable_by(request.user), slug=request.POST.get("collection") or DEFAULT_COLLECTION
    )
    files = request.FILES.getlist("file")
    if not files:
        messages.error(request, gettext("No file was chosen."))
    for file in files:
        level, sentence = _taken(file, collection, request.user)
        messages.add_message(request, level, sentence)
    return redirect("documents")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delete(request: HttpRequest, document_id: int) -> HttpResponse:
    """GET asks whether to delete a document, POST does it."""
    document = get_object_or_404(Document.objects.changeable_by(request.user), pk=document_id)
    if request.method != "POST":
        return render(request, "document_delete.html", {"document": document})
    delete_document(document)
    messages.success(request, gettext("%(name)s was deleted.") % {"name": document.name})
    return redirect("documents")


@require_POST
@login_required
def retry(request: HttpRequest, document_id: int) -> HttpResponse:
    document = get_object_or_404(Document.objects.changeable_by(request.user), pk=document_id)
    retry_document(document)
    messages.success(request, gettext("%(name)s will be tried again.") % {"name": document.name})
    return redirect("documents")


def upload_context(request: HttpRequest) -> dict[str, Any]:
    """What the form to add documents needs, and what who adds some should know."""
    addable = Collection.objects.addable_by(request.user)
    return {
        "addable": addable,
        "worker_gone": WORKER_GONE if addable and worker_is_missed() else "",
        "upload_to": request.GET.get("collection") or DEFAULT_COLLECTION,
        "max_upload_bytes": settings.QABOT_MAX_UPLOAD_BYTES,
        "unread_kinds": json.dumps(
            {suffix: reason_in_language(sentence) for suffix, sentence in REFUSED_SUFFIXES.items()}
        ),
    }


def _columns() -> dict[str, str]:
    return {
        "name": gettext("Name"),
        "status": gettext("Status"),
        "pages": gettext("Pages"),
        "size": gettext("Size"),
        "added": pgettext("when", "Added"),
    }


def _head(column: str, sort: str) -> dict[str, str]:
    """A column's head: what it is called, what a click on it sorts by, and how the list is sorted by it now."""
    direction = ("descending" if sort.startswith("-") else "ascending") if sort.removeprefix("-") == column else ""
    return {"column": column, "label": _columns()[column], "next": next_sort(column, sort), "direction": direction}


def _taken(file: UploadedFile, collection: Collection, uploader: Any) -> tuple[int, str]:
    """Accept one file: the level and the sentence to tell its uploader."""
    name = file.name or gettext("untitled")
    try:
        accepted = accept_upload(file, name, collection, uploader, settings.QABOT_MAX_UPLOAD_BYTES)
    except ParsingError as error:
        return messages.ERROR, f"{name}: {reason_in_language(str(error))}"
    if not accepted.created:
        names = {"name": name, "other": accepted.document.name}
        return messages.INFO, gettext("%(name)s is already here, as %(other)s. It was not added again.") % names
    added = gettext("%(name)s was added. It can be asked about as soon as it is ready.")
    return messages.SUCCESS, added % {"name": name}
