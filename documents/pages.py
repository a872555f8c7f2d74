"""The pages about documents: the list, adding, deleting, the viewer and the original. Thin: nothing is decided here."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from documents.downloading import original_response
from documents.listing import DocumentFilter, listed_documents
from documents.managing import delete_document
from documents.managing import retry as retry_document
from documents.models import Collection, Document, Status
from documents.parsing.content import ParsingError
from documents.serializers import DEFAULT_COLLECTION
from documents.uploading import accept_upload
from documents.viewing import mark_quote
from documents.visitors import readers_only
from documents.worker_presence import WORKER_GONE, worker_is_missed
from qabot.rate_limits import limited
from qabot.request_bodies import takes_files

DOCUMENTS_A_PAGE = 25
WORKING = (Status.PENDING, Status.PROCESSING)


@require_safe
@readers_only
def documents(request: HttpRequest) -> HttpResponse:
    """List the documents this visitor may read, with search, filters and paging."""
    narrowed = DocumentFilter(
        search=request.GET.get("search", "")[:200],
        status=_known(request.GET.get("status", ""), Status.values),
        collection=request.GET.get("collection", ""),
    )
    listed = Paginator(listed_documents(request.user, narrowed), DOCUMENTS_A_PAGE)
    page = listed.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "narrowed": narrowed,
        "statuses": Status.choices,
        "collections": Collection.objects.visible_to(request.user),
        "working": any(document.status in WORKING for document in page),
        **upload_context(request),
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
        messages.error(request, "No file was chosen.")
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
    messages.success(request, f"{document.name} was deleted.")
    return redirect("documents")


@require_POST
@login_required
def retry(request: HttpRequest, document_id: int) -> HttpResponse:
    document = get_object_or_404(Document.objects.changeable_by(request.user), pk=document_id)
    retry_document(document)
    messages.success(request, f"{document.name} will be tried again.")
    return redirect("documents")


@require_safe
@readers_only
def page(request: HttpRequest, document_id: int, number: int) -> HttpResponse:
    """Show the text of a page, the quote from `?start` to `?end` marked."""
    openable = Document.objects.openable_by(request.user).select_related("collection")
    document = get_object_or_404(openable, pk=document_id)
    shown = get_object_or_404(document.pages, number=number)
    quote = _offset(request.GET.get("start")), _offset(request.GET.get("end"))
    pages = document.pages.order_by("number")
    context = {
        "document": document,
        "page": shown,
        "marked": mark_quote(shown.text, shown.headings, *quote),
        "previous": pages.filter(number__lt=number).last(),
        "next": pages.filter(number__gt=number).first(),
    }
    return render(request, "page.html", context)


@require_safe
@readers_only
def original(request: HttpRequest, document_id: int) -> StreamingHttpResponse:
    """Send the file as it was uploaded, part by part."""
    return original_response(get_object_or_404(Document.objects.openable_by(request.user), pk=document_id))


def upload_context(request: HttpRequest) -> dict[str, Any]:
    """What the form to add documents needs, and what who adds some should know."""
    addable = Collection.objects.addable_by(request.user)
    return {
        "addable": addable,
        "worker_gone": WORKER_GONE if addable and worker_is_missed() else "",
        "upload_to": request.GET.get("collection") or DEFAULT_COLLECTION,
        "max_upload_bytes": settings.QABOT_MAX_UPLOAD_BYTES,
    }


def _taken(file: UploadedFile, collection: Collection, uploader: Any) -> tuple[int, str]:
    """Accept one file: the level and the sentence to tell its uploader."""
    name = file.name or "untitled"
    try:
        accepted = accept_upload(file, name, collection, uploader, settings.QABOT_MAX_UPLOAD_BYTES)
    except ParsingError as error:
        return messages.ERROR, f"{name}: {error}"
    if not accepted.created:
        return messages.INFO, f"{name} is already here, as {accepted.document.name}. It was not added again."
    return messages.SUCCESS, f"{name} was added. It can be asked about as soon as it is ready."


def _offset(value: str | None) -> int:
    """A number of characters from an address; anything else marks nothing."""
    return min(int(value), 2**31) if value and value.isascii() and value.isdigit() and len(value) < 12 else 0


def _known(value: str, values: list[str]) -> str:
    return value if value in values else ""
