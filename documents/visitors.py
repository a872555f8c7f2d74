"""Which visitors a page lets in: those who can read something. Anonymous ones need a public collection."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from documents.models import Collection

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def readers_only(view: View[P]) -> View[P]:
    """Send an anonymous visitor to sign in where no collection is open to everybody."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated and not Collection.objects.visible_to(request.user).exists():
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded
