"""Django's `diffsettings` without the secrets: its output ends up in tickets and chats."""

from typing import Any

from django.conf import settings
from django.core.management.commands import diffsettings


class Command(diffsettings.Command):
    def handle(self, **options: Any) -> str:
        return settings.REDACTOR(super().handle(**options))
