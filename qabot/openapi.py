"""What every endpoint shares in the OpenAPI document: the key's security scheme, and how problems look."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers

from qabot.problems import MEDIA_TYPE

# What any endpoint may answer: a key that is not valid, a body of no or too great length, too often, no database.
ANYWHERE = (401, 411, 413, 429, 503)


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "qabot.api_keys.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key made by `manage.py api_key create`."}


class ProblemSerializer(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="For programs: `not_found`, `encrypted`, `too_large` …")
    detail = serializers.CharField(help_text="For people.")
    request_id = serializers.CharField(help_text="Also in the X-Request-Id header and in the server's log.")
    errors: Any = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="By field, where status is 400.",
    )


def problems(*statuses: int) -> dict[Any, Any]:
    """The responses of these statuses and of ANYWHERE, to be merged into an `extend_schema`."""
    return {(status, MEDIA_TYPE): ProblemSerializer for status in sorted({*ANYWHERE, *statuses})}
