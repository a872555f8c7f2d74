"""The pages where a person shares an answer, looks after their links, and where everybody reads what a link shows.

Thin: validates, makes one call, renders.
"""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from answers.models import Answer, SharedAnswer
from answers.sharing import NotShareable, is_shareable, make_link, shown_to_all, view_of
from answers.sharing import revoke as revoke_link


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@sensitive_variables()
def share(request: HttpRequest, answer_id: int) -> HttpResponse:
    """GET shows what a link would show, and the links there are; POST makes one and shows its address, once."""
    answer = get_object_or_404(Answer.objects.of(request.user).select_related("conversation__owner"), pk=answer_id)
    address, status = "", 200
    if request.method == "POST":
        try:
            token = make_link(answer, request.user).token  # type: ignore[arg-type]  # login_required
            address = settings.SITE_URL + reverse("shared", args=[token])
        except NotShareable as error:
            messages.error(request, str(error))
            status = 409
    context = {
        "answer": answer,
        "address": address,
        "shareable": is_shareable(answer),
        "shown": shown_to_all(answer),
        "links": SharedAnswer.objects.of(request.user).filter(answer=answer),
    }
    return render(request, "share.html", context, status=status)


@require_safe
@login_required
def shared_answers(request: HttpRequest) -> HttpResponse:
    """The links that this person made."""
    links = SharedAnswer.objects.of(request.user).select_related("answer")
    return render(request, "shared_answers.html", {"links": links})


@require_POST
@login_required
def revoke(request: HttpRequest, link_id: int) -> HttpResponse:
    link = get_object_or_404(SharedAnswer.objects.of(request.user), pk=link_id)
    revoke_link(link)
    messages.success(request, _("The link was revoked. It leads nowhere now."))
    return redirect("shared-answers")


@never_cache
@require_safe
@sensitive_variables()
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What a link shows. Written without the request: neither session nor cookie plays a part, whoever reads it."""
    view = view_of(token)
    page = render_to_string("shared_gone.html" if view is None else "shared.html", {"view": view})
    response = HttpResponse(page, status=404 if view is None else 200)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
