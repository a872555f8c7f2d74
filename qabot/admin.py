"""The admin's page on API keys: looked at and revoked. A key is made by `manage.py api_key`, which can show it once."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from qabot.api_keys import revoke
from qabot.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """The hash is shown nowhere: nobody needs it."""

    list_display = ["name", "prefix", "owner", "rights", "state", "created_at", "expires_at", "last_used_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "prefix", "owner__username"]
    readonly_fields = ("name", "prefix", "owner", "rights", "created_at", "expires_at", "revoked_at", "last_used_at")
    fields = readonly_fields
    actions = ["revoke_selected"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Revoke selected API keys", permissions=["change"])
    def revoke_selected(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            revoke(key)
        messages.success(request, f"{len(keys):,} keys are refused from now on.")
