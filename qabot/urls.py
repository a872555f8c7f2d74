"""Which address goes to which app."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path

from qabot import health
from qabot.signin import signin


def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("icons/favicon.svg"))


urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("login", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("signin/<str:person>/<str:token>", signin, name="signin"),
    path("favicon.ico", favicon),  # what browsers ask for beside a file that names no icon, such as a PDF
    path("admin/", admin.site.urls),
    path("api/", include("qabot.api_urls")),
    path("", include("answers.page_urls")),
    path("", include("answers.evaluation.page_urls")),
    path("", include("documents.page_urls")),
]

handler400 = "qabot.problems.bad_request"
handler404 = "qabot.problems.page_not_found"
handler500 = "qabot.problems.server_error"
