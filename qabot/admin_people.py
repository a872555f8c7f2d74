"""The admin's pages on people: Django's own, with what tells accounts apart, and a deletion that works.

Django's asks for the right to delete each answer of a person, which nobody has: answers go with their conversations.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from answers.models import Conversation
from qabot.admin_site import FlatDeletion

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(FlatDeletion, UserAdmin):
    list_display = ["username", "email", "standing", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]

    @admin.display(description=_("may"), ordering="is_staff")
    def standing(self, person: User) -> str:
        if not person.is_active:
            return gettext("not sign in")
        if person.is_superuser:
            return gettext("everything")
        return gettext("use the admin") if person.is_staff else gettext("ask")

    def deletion_obstacles(self, rows: list[Any], request: HttpRequest) -> list[str]:
        """Nobody deletes themselves, and only who may delete conversations deletes people who have some."""
        obstacles = [gettext("You cannot delete your own account here.")] if request.user in rows else []
        asked = Conversation.objects.filter(owner__in=rows)
        if not request.user.has_perm("answers.delete_conversation") and asked.exists():
            obstacles.append(gettext("Their conversations would go too, and you may not delete conversations."))
        return obstacles
