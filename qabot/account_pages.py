"""A person's account on one page, and what anybody chooses for their browser: light or dark, and the language. Thin."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from answers.models import SharedAnswer
from answers.options import daily_tokens
from answers.spending import spending_of
from documents.models import Collection
from qabot import signed_in
from qabot.api_keys import KEYS_A_PERSON
from qabot.appearance import BY_SYSTEM, THEME_COOKIE, THEMES
from qabot.models import ApiKey, SignedInSession
from qabot.passwords import signs_in_elsewhere

DEAD_KEYS_SHOWN = 20
THEME_SECONDS = 365 * 24 * 3600


@never_cache
@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Who somebody is here, and what they can do about it."""
    signed_in.note(request)  # so that this session is listed at its first request, too
    keys = ApiKey.objects.of(request.user).with_reach(Collection.objects.visible_to(request.user))
    limits = daily_tokens()
    context = {
        "elsewhere": signs_in_elsewhere(request.user),
        "keys": keys.valid(),
        "dead_keys": keys.dead()[:DEAD_KEYS_SHOWN],
        "most_keys": KEYS_A_PERSON,
        "places": signed_in.places_of(request.user, request.session.session_key),  # type: ignore[arg-type]
        "spent": spending_of(request.user.pk, limits) if limits.user is not None else None,  # type: ignore[arg-type]
        "links": SharedAnswer.objects.of(request.user).count(),
    }
    return render(request, "account/account.html", context)


@require_POST
@login_required
def sign_out_place(request: HttpRequest, place_id: int) -> HttpResponse:
    """End one of this person's sessions."""
    place = get_object_or_404(SignedInSession.objects.of(request.user), pk=place_id)
    if place.session_id == request.session.session_key:
        logout(request)
        return redirect("login")
    signed_in.sign_out(place)
    messages.success(request, _("That browser is signed out."))
    return redirect("account")


@require_POST
@login_required
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End this person's sessions but this one."""
    ended = signed_in.sign_out_elsewhere(request.user, request.session.session_key)  # type: ignore[arg-type]
    said = ngettext("%(count)d other browser is signed out.", "%(count)d other browsers are signed out.", ended)
    messages.success(request, said % {"count": ended} if ended else _("You were signed in nowhere else."))
    return redirect("account")


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice in a cookie: it is the browser's, and needs no account."""
    chosen = request.POST.get("theme", "")
    response = HttpResponse(status=204) if request.headers.get("X-Requested-With") else _back(request)
    if chosen in THEMES:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(THEME_COOKIE, chosen, THEME_SECONDS, secure=secure, httponly=True, samesite="Lax")
    elif chosen == BY_SYSTEM:
        response.delete_cookie(THEME_COOKIE)
    return response


def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own choice by a cookie, and one more: as the browser asks for."""
    response = set_language(request)
    if request.method == "POST" and request.POST.get("language") == BY_SYSTEM:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


def _back(request: HttpRequest) -> HttpResponse:
    address = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return redirect(address if ours else "ask")
