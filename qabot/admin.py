"""The admin's pages on API keys and OpenID identities: looked at, revoked, unlinked.

A key is made by `manage.py api_key`, which can show it once.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest

from documents.models import Collection
from qabot.admin_indexes import EmbeddingIndexAdmin as EmbeddingIndexAdmin  # registers itself
from qabot.api_keys import revoke
from qabot.models import ApiKey, OpenIdIdentity


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """The hash is shown nowhere: nobody needs it."""

    list_display = ["name", "prefix", "owner", "rights", "reach", "state", "created_at", "expires_at", "last_used_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "prefix", "owner__username"]
    readonly_fields = (
        *("name", "prefix", "owner", "rights", "reach"),
        *("created_at", "expires_at", "revoked_at", "last_used_at"),
    )
    fields = readonly_fields
    actions = ["revoke_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        visible = Prefetch("collections", Collection.objects.visible_to(request.user), to_attr="visible_collections")
        keys = super().get_queryset(request).prefetch_related(visible)
        return keys.annotate(collections_count=Count("collections"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="collections")
    def reach(self, key: Any) -> str:
        """The collections a key is limited to, as far as who looks may know of them."""
        if not key.limited:
            return "All of its owner's"
        names = [collection.name for collection in key.visible_collections]
        hidden = key.collections_count - len(names)
        return ", ".join([*names, f"{hidden} more"] if hidden else names) or "None"

    @admin.action(description="Revoke selected API keys", permissions=["change"])
    def revoke_selected(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            revoke(key)
        messages.success(request, f"{len(keys):,} keys are refused from now on.")


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
