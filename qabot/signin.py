"""Sign in by a one-time link: no account starts with a password that could be known.

A link dies with its first use (its token holds the time of the last sign-in) and after an hour.
"""

from functools import partial

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from qabot.rate_limits import signin_limited

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInTokens(PasswordResetTokenGenerator):
    """Tokens of their own kind: one for a password reset does not sign anybody in, nor the other way round."""

    key_salt = "qabot.signin.SignInTokens"


tokens = SignInTokens()


def signin_link(user: User) -> str:
    """The whole address that signs `user` in once."""
    person = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.SITE_URL + reverse("signin", args=[person, tokens.make_token(user)])


@partial(signin_limited, methods=("GET", "POST"))  # a GET tells whether a link is good
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "POST"])
def signin(request: HttpRequest, person: str, token: str) -> HttpResponse:
    """GET shows a button and changes nothing, since mail scanners and previews open links too; POST signs in."""
    if request.method == "GET":
        user = _holder(person, token)
        return render(request, "registration/signin.html", {"person": user}, status=200 if user else 410)
    with transaction.atomic():
        user = _holder(person, token, for_update=True)
        if user is not None:
            login(request, user, backend=BACKEND)
    if user is None:
        return render(request, "registration/signin.html", {"person": None}, status=410)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _holder(person: str, token: str, *, for_update: bool = False) -> User | None:
    users = User.objects.filter(is_active=True)
    if for_update:
        users = users.select_for_update()  # of two clicks at once, the second must find the token used
    try:
        user = users.filter(pk=int(urlsafe_base64_decode(person))).first()
    except (ValueError, OverflowError):
        return None
    return user if user is not None and tokens.check_token(user, token) else None
