"""The picture of a quote in its page, for the source beside an answer. Thin: validates, makes one call, renders.

It comes after the source's words, since a page may have to be drawn for it.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from answers.models import Answer, Citation
from answers.source_pictures import Cutting, cut_out
from answers.sources import Source, source_of
from answers.visitors import anonymous_key
from documents.models import Page
from documents.page_pictures import NotDrawable, TooManyDrawings, is_at_hand, page_layout
from documents.visitors import readers_only
from qabot.rate_limits import RateLimited, count_request

PICTURE_WIDTH = 1200  # pixels, of the whole page


@require_safe
@readers_only
def source_picture(request: HttpRequest, answer_id: int, number: int) -> HttpResponse:
    """The piece of the page around a quote; nothing (204) where it cannot be shown: its words are there anyway."""
    mine = Answer.objects.of(request.user, anonymous_key(request))
    cited = get_object_or_404(Citation, answer__in=mine, answer=answer_id, number=number)
    source = source_of(cited, request.user)
    cutting = _cutting(request, source) if source.has_picture else None
    if cutting is None:
        return HttpResponse(status=204)
    context = {"source": source, "cutting": cutting, "picture_width": PICTURE_WIDTH}
    return render(request, "_source_picture.html", context)


def _cutting(request: HttpRequest, source: Source) -> Cutting | None:
    document, cited = source.document, source.citation
    page = Page.objects.filter(document=document, number=cited.page_number).first()
    if document is None or page is None:
        return None
    try:
        if not is_at_hand(document, page.number):
            count_request(request, "picture")
        layout = page_layout(document, page.number)
    except (RateLimited, NotDrawable, TooManyDrawings):
        return None
    return cut_out(layout, page.text, cited.start, cited.end)
