"""What our pages in the admin share: rows that are only looked at, and a deletion that does not load what it deletes.

Knows no model.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import Media
from django.http import HttpRequest

SLUG_SCRIPTS = ("/urlify.js", "/prepopulate.js", "/xregexp.js", "/xregexp.min.js")
NAMES_SHOWN = 100  # rows named on the page that asks whether to delete; the rest are counted


class LookOnly:
    """Rows that their process writes: nobody adds or changes one by hand. For pages and for inlines."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LightMedia(admin.ModelAdmin):
    """Without the 50 kB of scripts that fill in slugs, on pages that have none; Django sends them with every page."""

    @property
    def media(self) -> Media:
        media: Media = super().media
        if self.prepopulated_fields:
            return media
        css, scripts = media._css, media._js  # type: ignore[attr-defined]  # the stubs do not know them
        return Media(css=css, js=[script for script in scripts if not str(script).endswith(SLUG_SCRIPTS)])


class FlatDeletion(LightMedia):
    """The page that asks before deleting names the rows themselves. Django's own would load all that hangs on them."""

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Names, counts by kind, kinds that this person may not delete, and sentences on what forbids it."""
        rows = list(objs)
        names = [str(row) for row in islice(rows, NAMES_SHOWN)]
        if len(rows) > NAMES_SHOWN:
            names.append(f"… and {len(rows) - NAMES_SHOWN:,} more")
        kind = self.model._meta
        forbidden = set() if self.has_delete_permission(request) else {str(kind.verbose_name)}
        return names, {str(kind.verbose_name_plural): len(rows)}, forbidden, self.deletion_obstacles(rows, request)

    def deletion_obstacles(self, rows: list[Any], request: HttpRequest) -> list[str]:
        """What keeps these rows from being deleted, in plain words."""
        return []
