"""Which address goes to which app."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path

from qabot import account_pages, health, key_pages, openid_signin, passwords
from qabot.languages import strings_for_scripts
from qabot.rate_limits import signin_limited
from qabot.signin import signin


def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("icons/favicon.svg"))


urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("login", signin_limited(LoginView.as_view(redirect_authenticated_user=True)), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("signin/<str:person>/<str:token>", signin, name="signin"),
    path("openid", openid_signin.start, name="openid"),
    path("openid/callback", openid_signin.callback, name="openid-callback"),
    path("account", account_pages.account, name="account"),
    path("account/keys/new", key_pages.new, name="key-new"),
    path("account/keys/<int:key_id>/revoke", key_pages.revoke_key, name="key-revoke"),
    path("account/sessions/<int:place_id>/sign-out", account_pages.sign_out_place, name="sign-out-place"),
    path("account/sessions/sign-out-elsewhere", account_pages.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("theme", account_pages.choose_theme, name="theme"),
    path("account/password", signin_limited(passwords.change), name="password-change"),
    path("password/forgotten", signin_limited(passwords.forgotten), name="password-forgotten"),
    path("password/forgotten/sent", passwords.link_sent, name="password-link-sent"),
    path("password/new/<str:uidb64>/<str:token>", passwords.new, name="password-new"),
    path("password/new", passwords.is_new, name="password-is-new"),
    path("language", account_pages.choose_language, name="set_language"),
    path("js-strings/<str:language>", strings_for_scripts, name="js-strings"),
    path("favicon.ico", favicon),  # what browsers ask for beside a file that names no icon, such as a PDF
    path("admin/login/", signin_limited(admin.site.login)),  # found before Django's own, which counts nothing
    path("admin/", admin.site.urls),
    path("api/", include("qabot.api_urls")),
    path("", include("answers.page_urls")),
    path("", include("answers.evaluation.page_urls")),
    path("", include("documents.page_urls")),
]

handler400 = "qabot.problems.bad_request"
handler404 = "qabot.problems.page_not_found"
handler500 = "qabot.problems.server_error"
