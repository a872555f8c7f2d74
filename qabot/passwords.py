"""The pages where a person changes their password, and where one who forgot it gets a link by e-mail.

Django's own views and tokens; what differs is said at each place. Without e-mail there is nothing at the latter pages.
"""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.contrib.messages.views import SuccessMessageMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from qabot.languages import in_this_language
from qabot.models import OpenIdIdentity
from qabot.signed_in import sign_out_elsewhere

SENDING = "password-reset-mail"  # the name of the thread that sends one

View = Callable[..., HttpResponseBase]


class LinkByMail(PasswordResetForm):
    """Sends the link in a thread: how long the answer takes must not tell whether there is such an account."""

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        # The address from the settings, not the one the request names: a link must lead here alone.
        context |= {"site_url": settings.SITE_URL, "site_name": settings.SITE_NAME}
        message = subject_template_name, email_template_name, context, from_email, to_email, html_email_template_name
        write = in_this_language(super().send_mail)
        threading.Thread(target=write, args=message, name=SENDING, daemon=True).start()


class ChangePassword(SuccessMessageMixin, views.PasswordChangeView):
    """Who has signed in by links alone has no password yet, and is asked for no old one."""

    template_name = "account/password_change.html"
    success_url = reverse_lazy("account")
    success_message = _("Your password was changed. You are signed out everywhere else.")

    def get_form_class(self) -> Any:
        user: Any = self.request.user
        return PasswordChangeForm if user.has_usable_password() else SetPasswordForm

    def form_valid(self, form: Any) -> Any:
        response = super().form_valid(form)
        # The new password has ended them already; their rows would stay until they run out.
        sign_out_elsewhere(form.user, self.request.session.session_key)
        return response

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if signs_in_elsewhere(request.user):
            raise PermissionDenied  # a password here would outlive the account at the provider
        return super().dispatch(request, *args, **kwargs)


class NewPassword(views.PasswordResetConfirmView):
    """Opening the link changes nothing: the form on the page it leads to does."""

    template_name = "account/password_new.html"
    success_url = reverse_lazy("password-is-new")

    def form_valid(self, form: Any) -> Any:
        response = super().form_valid(form)
        sign_out_elsewhere(form.user, None)
        return response


def signs_in_elsewhere(user: Any) -> bool:
    """Whether an identity provider vouches for this person."""
    return OpenIdIdentity.objects.filter(user=user.pk).exists()


def where_mail_is_sent(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.QABOT_SENDS_EMAIL:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


change = login_required(ChangePassword.as_view())

forgotten = where_mail_is_sent(
    views.PasswordResetView.as_view(
        form_class=LinkByMail,
        template_name="account/password_forgotten.html",
        email_template_name="account/password_mail.txt",
        subject_template_name="account/password_mail_subject.txt",
        success_url=reverse_lazy("password-link-sent"),
    )
)

link_sent = where_mail_is_sent(views.PasswordResetDoneView.as_view(template_name="account/password_link_sent.html"))

new = where_mail_is_sent(NewPassword.as_view())

is_new = where_mail_is_sent(views.PasswordResetCompleteView.as_view(template_name="account/password_is_new.html"))
