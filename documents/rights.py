"""Who calls an endpoint of the REST door, and may they at all? Which rows they then see is the querysets' affair."""

from typing import Any

from django.utils.translation import gettext as _
from django.views import View
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from documents.models import Collection
from documents.querysets import Actor
from qabot.models import ApiKey, Right


def actor_of(request: Request) -> Actor:
    """The key of a request, which may be allowed less than its owner; without one, who is signed in."""
    return request.auth if isinstance(request.auth, ApiKey) else request.user


def may_shape(person: Any, verb: str) -> bool:
    """Whether somebody may "add", "change" or "delete" collections, of those they may read: one rule for every door.

    Staff who have Django's permission for it, as superusers do. Who may add documents decides nothing here: whoever
    could open a collection to everybody could read all of it.
    """
    staff = person.is_active and (person.is_staff or person.is_superuser)
    return staff and person.has_perm(f"documents.{verb}_collection")


class MayCall(BasePermission):
    """A key needs the right its view names; a session has all rights of its user.

    An anonymous visitor may ask and read where some collection is open to everybody; else they are to sign in (401).
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        right: Right = view.right_needed()
        if isinstance(request.auth, ApiKey):
            self.message = _("This API key does not have the right “%(right)s”.") % {"right": right}
            return right in request.auth.rights
        if request.user.is_authenticated:
            return True
        return right != Right.WRITE and Collection.objects.visible_to(request.user).exists()


class ReadingAndWriting(View):
    """For views where looking needs the right to read, and all else the right to write."""

    def right_needed(self) -> Right:
        return Right.READ if self.request.method in SAFE_METHODS else Right.WRITE


class Asking(View):
    """For views about questions and their answers."""

    def right_needed(self) -> Right:
        return Right.ASK
