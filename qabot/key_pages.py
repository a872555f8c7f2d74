"""The pages where a person makes an API key for themself, sees it once, and revokes it. Thin.

A key's text is in the page that answers the form, and nowhere else: in no session, message, log or address.
"""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from qabot.api_keys import NotAnotherKey, make_own_key, revoke
from qabot.key_form import KeyForm
from qabot.models import ApiKey
from qabot.rate_limits import limited


@limited("api")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@sensitive_variables()
def new(request: HttpRequest) -> HttpResponse:
    """GET shows the form; POST makes the key and shows it. The same form sent again makes no second one."""
    form = KeyForm(request.user, request.POST if request.method == "POST" else None)  # type: ignore[arg-type]
    if not form.is_valid():
        return render(request, "account/key_new.html", {"form": form})
    try:
        made = make_own_key(form.cleaned_data["name"], request.user, **form.limits)  # type: ignore[arg-type]
    except NotAnotherKey as error:
        form.add_error("name", str(error))
        return render(request, "account/key_new.html", {"form": form}, status=409)
    return render(request, "account/key_made.html", {"made": made, "site_url": settings.SITE_URL})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def revoke_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """GET asks, POST revokes; a key that is revoked already stays so."""
    key = get_object_or_404(ApiKey.objects.of(request.user), pk=key_id)
    if request.method != "POST":
        return render(request, "account/key_revoke.html", {"key": key})
    revoke(key)
    messages.success(request, _("The key “%(name)s” is refused from now on.") % {"name": key.name})
    return redirect("account")
