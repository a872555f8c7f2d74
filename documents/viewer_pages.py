"""The pages for reading a document: a page of it, its picture, the original. Thin: nothing is decided here."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from documents.downloading import original_response
from documents.models import Document, Page, Status
from documents.page_pictures import (
    PATIENCE_SECONDS,
    VERSION,
    WIDTHS,
    NotDrawable,
    TooManyDrawings,
    is_at_hand,
    is_drawable,
    page_picture,
)
from documents.page_search import Found, search_document
from documents.reading import Wanted, drawing_of, outline, read_page
from documents.visitors import readers_only
from qabot.problems import Problem, refuse
from qabot.rate_limits import RateLimited, count_request
from qabot.requested import number_in

PICTURE_SECONDS = 3600  # that a browser keeps a picture
MAX_QUERY_CHARACTERS = 200
MAX_NUMBER = 2**31 - 1  # that a column of offsets holds
WORKING = (Status.PENDING, Status.PROCESSING)


@require_safe
@readers_only
def page(request: HttpRequest, document_id: int, number: int) -> HttpResponse:
    """Show a page, the quote from `?start` to `?end` marked, and what `?q` finds; `?answer` leads back to it."""
    document = _openable(request, document_id)
    shown = document.pages.filter(number=number).first() if number < 2**31 else None
    if shown is None:
        return _no_such_page(request, document, number)
    query = _query(request)
    try:
        found = _found(request, document, query)
    except RateLimited as error:
        return refuse(request, error)
    wanted = Wanted(_number(request.GET.get("start")), _number(request.GET.get("end")), query)
    pages = document.pages.order_by("number")
    context = {
        "document": document,
        "page": shown,
        "reading": _reading(request, document, shown, wanted),
        "previous": pages.filter(number__lt=number).values_list("number", flat=True).last(),
        "next": pages.filter(number__gt=number).values_list("number", flat=True).first(),
        "last": pages.values_list("number", flat=True).last(),
        "outline": outline(document),
        "found": found,
        "widths": WIDTHS,
        **_way_back(request),
    }
    return render(request, "page.html", context)


@require_safe
@readers_only
def pages(request: HttpRequest, document_id: int) -> HttpResponse:
    """Go to the page that was typed: `?number`; to the first where none was."""
    document = _openable(request, document_id)
    address = reverse("document-page", args=[document.pk, max(_number(request.GET.get("number")), 1)])
    return redirect(address + _way_back(request)["kept"])


@require_safe
@readers_only
def picture(request: HttpRequest, document_id: int, number: int) -> HttpResponseBase:
    """A page of a PDF as it looks, `?width` pixels wide."""
    document = _openable(request, document_id)
    width = _number(request.GET.get("width", str(WIDTHS[0])))
    if not is_drawable(document) or width not in WIDTHS or number >= 2**31:
        raise Http404
    get_object_or_404(document.pages.only("pk"), number=number)
    etag = f'"{VERSION}-{document.sha256}-{number}-{width}"'
    response = get_conditional_response(request, etag=etag) or _picture(request, document, number, width)
    if response.status_code in (200, 304):
        response["ETag"] = etag
        response["Cache-Control"] = f"private, max-age={PICTURE_SECONDS}"
    return response


@require_safe
@readers_only
def original(request: HttpRequest, document_id: int) -> StreamingHttpResponse:
    """Send the file as it was uploaded, part by part."""
    return original_response(_openable(request, document_id))


def _openable(request: HttpRequest, document_id: int) -> Document:
    openable = Document.objects.openable_by(request.user).select_related("collection")
    return get_object_or_404(openable, pk=document_id)


def _found(request: HttpRequest, document: Document, query: str) -> Found | None:
    """What a search finds; it reads all of a document's text, and is counted as drawing is. Raises RateLimited."""
    if not query:
        return None
    count_request(request, "picture")
    return search_document(document, query)


def _reading(request: HttpRequest, document: Document, shown: Page, wanted: Wanted) -> Any:
    if not is_drawable(document):
        return read_page(shown, wanted, None)
    return read_page(shown, wanted, _counted_drawing(request, document, shown.number))


def _counted_drawing(request: HttpRequest, document: Document, number: int) -> Any:
    """What draws the page, unless this visitor had too many drawn."""
    if not is_at_hand(document, number):
        try:
            count_request(request, "picture")
        except RateLimited:
            return _refuse_to_draw
    return drawing_of(document, number)


def _refuse_to_draw() -> Any:
    raise TooManyDrawings


def _picture(request: HttpRequest, document: Document, number: int, width: int) -> HttpResponse:
    try:
        if not is_at_hand(document, number, width):
            count_request(request, "picture")
        drawn = page_picture(document, number, width)
    except RateLimited as error:
        return refuse(request, error)
    except TooManyDrawings:
        busy = Problem(503, "busy", gettext("Other pages are being drawn just now. Try again in a moment."))
        busy.wait = int(PATIENCE_SECONDS)
        return refuse(request, busy)
    except NotDrawable:
        raise Http404 from None
    return HttpResponse(drawn.content, content_type=drawn.media_type)


def _no_such_page(request: HttpRequest, document: Document, number: int) -> HttpResponse:
    numbers = document.pages.order_by("number").values_list("number", flat=True)
    context = {
        "document": document,
        "number": number,
        "first": numbers.first(),
        "count": document.pages.count(),
        "working": document.status in WORKING,
        **_way_back(request),
    }
    return render(request, "page_missing.html", context, status=404)


def _way_back(request: HttpRequest) -> dict[str, Any]:
    """What stays in the address from page to page: the search, and the answer that somebody came from."""
    kept = {"q": _query(request), "answer": _number(request.GET.get("answer"))}
    kept = {name: value for name, value in kept.items() if value}
    answer = kept.get("answer")
    return {"kept": f"?{urlencode(kept)}" if kept else "", "answer": answer, "query": kept.get("q", "")}


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "")[:MAX_QUERY_CHARACTERS].replace("\0", "").strip()


def _number(value: str | None) -> int:
    """A number from an address; anything else is 0."""
    return number_in(value, MAX_NUMBER) or 0
