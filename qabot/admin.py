"""The admin's pages on API keys and OpenID identities: looked at, revoked, unlinked.

A key is made on its owner's account page or by `manage.py api_key`, which show it once.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from documents.models import Collection
from qabot.admin_indexes import EmbeddingIndexAdmin as EmbeddingIndexAdmin  # registers itself
from qabot.admin_people import PersonAdmin as PersonAdmin  # likewise
from qabot.api_keys import revoke
from qabot.models import ApiKey, OpenIdIdentity


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """The hash is shown nowhere: nobody needs it."""

    list_display = ["named", "owner", "may", "reach", "validity", "last_used_at", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "prefix", "owner__username"]
    readonly_fields = (
        *("name", "prefix", "owner", "rights", "reach"),
        *("created_at", "expires_at", "revoked_at", "last_used_at"),
    )
    fields = readonly_fields
    actions = ["revoke_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        keys: Any = super().get_queryset(request)
        return keys.with_reach(Collection.objects.visible_to(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("name"), ordering="name")
    def named(self, key: ApiKey) -> str:
        return format_html('{} <span class="beside">qab_{}_…</span>', key.name, key.prefix)

    @admin.display(description=_("rights"))
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.rights)

    @admin.display(description=_("state"), ordering="expires_at")
    def validity(self, key: ApiKey) -> str:
        """Whether it is taken, and until when."""
        state = key.state
        until = date_format(localtime(key.expires_at), "SHORT_DATE_FORMAT") if key.expires_at else ""
        words = {"valid": gettext("valid"), "revoked": gettext("revoked"), "expired": gettext("expired")}[state]
        below = gettext("until %(day)s") % {"day": until} if until and state == "valid" else ""
        return format_html('<span class="badge {}">{}</span> <span class="beside">{}</span>', state, words, below)

    @admin.display(description=_("collections"))
    def reach(self, key: Any) -> str:
        """The collections a key is limited to, as far as who looks may know of them."""
        if not key.limited:
            return gettext("All of its owner's")
        names = [collection.name for collection in key.visible_collections]
        hidden = key.collections_count - len(names)
        more = [gettext("%(count)d more") % {"count": hidden}] if hidden else []
        return ", ".join([*names, *more]) or gettext("None")

    @admin.action(description=_("Revoke selected API keys"), permissions=["change"])
    def revoke_selected(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            revoke(key)
        told = ngettext("%(count)d key is refused from now on.", "%(count)d keys are refused from now on.", len(keys))
        messages.success(request, told % {"count": len(keys)})


@admin.register(OpenIdIdentity)
class OpenIdIdentityAdmin(admin.ModelAdmin):
    """Deleting one makes its person's next sign-in open a new account: the old one stays."""

    list_display = ["user", "issuer", "subject", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "subject"]
    fields = ("user", "issuer", "subject", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: OpenIdIdentity | None = None) -> bool:
        return False
