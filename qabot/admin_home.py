"""The admin as a whole: its first page, and its lists under the names people know them by."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from answers.admin_dashboard import board_for

# What belongs together for whoever looks, whichever app it is of: model labels in the order in which they are listed.
GROUPS: Mapping[str, tuple[Promise | str, tuple[str, ...]]] = {
    "documents": (_("Documents"), ("documents.document", "documents.collection", "documents.embeddingindex")),
    "questions": (
        _("Questions"),
        ("answers.answer", "answers.conversation", "answers.feedback", "answers.sharedanswer"),
    ),
    "quality": (_("Quality"), ("evaluation.goldenquestion", "evaluation.evaluationrun")),
    "people": (_("People and access"), ("auth.user", "auth.group", "qabot.apikey", "qabot.openididentity")),
    "running": (_("Running it"), ("answers.tokensspent", "documents.worker")),
}
OTHERS = _("Other")


class Site(admin.AdminSite):
    site_title = site_header = settings.SITE_NAME
    index_title = _("Overview")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        seen = {model for model, its_admin in self._registry.items() if its_admin.has_view_permission(request)}
        person = request.user
        board = board_for(person, seen) if seen and isinstance(person, User) else None
        return super().index(request, {"board": board, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """All lists in our groups; those of one app as Django has them."""
        apps = super().get_app_list(request, app_label)
        return apps if app_label else _grouped(apps)


def _grouped(apps: list[Any]) -> list[Any]:
    """Django's apps, each with its models, as our groups. What no group names comes last: nothing is hidden."""
    listed = {model["model"]._meta.label_lower: model for app in apps for model in app["models"]}
    groups = [
        {"app_label": name, "name": title, "app_url": "", "has_module_perms": True, "models": models}
        for name, (title, labels) in GROUPS.items()
        if (models := [listed.pop(label) for label in labels if label in listed])
    ]
    if listed:
        groups.append(
            {
                "app_label": "others",
                "name": OTHERS,
                "app_url": "",
                "has_module_perms": True,
                "models": list(listed.values()),
            }
        )
    return groups
