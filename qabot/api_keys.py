"""Make API keys and recognise them in a request's `Authorization: Bearer` header.

A key is `qab_<prefix>_<secret>`: the prefix finds its row, the hash of the whole proves it. Knows nothing of documents.
"""

import hashlib
import secrets
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from qabot.database_faults import written_if_possible
from qabot.models import ApiKey, Right
from qabot.rate_limits import address_of, count_request

PREFIX_CHARACTERS = string.ascii_lowercase + string.digits
PREFIX_LENGTH = 8
SECRET_BYTES = 32
KEYS_A_PERSON = 50  # valid ones that somebody may make on their account page
USE_NOTED_EVERY = timedelta(minutes=1)  # a write for every request would cost more than the request


@dataclass(frozen=True)
class NewKey:
    """A key just made. `text` is shown once: it cannot be had again."""

    key: ApiKey
    text: str = field(repr=False)


class InvalidKey(Exception):
    """The key is not accepted. The message is for whoever holds it."""


class NotAnotherKey(Exception):
    """A person cannot make this key. The message is for them."""


@transaction.atomic
def make_own_key(name: str, owner: User, **limits: Any) -> NewKey:
    """A new key that a person makes for themself; `limits` are those of `make_key`. Raises NotAnotherKey.

    Of two forms sent at once, or one sent twice, the second is refused: it finds the first one's key.
    """
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    valid = ApiKey.objects.of(owner).valid()
    if valid.filter(name=name).exists():
        raise NotAnotherKey(_("You have a key of this name already. Choose another name, or revoke that key first."))
    if valid.count() >= KEYS_A_PERSON:
        raise NotAnotherKey(
            _("You have %(count)d keys, which is the most. Revoke one first.") % {"count": KEYS_A_PERSON}
        )
    return make_key(name, owner, **limits)


@transaction.atomic
def make_key(
    name: str,
    owner: User,
    rights: Sequence[str] = Right.values,
    expires_at: datetime | None = None,
    collections: Iterable[Model] | None = None,
) -> NewKey:
    """A new key; `collections` limit it to these, and an empty list to none at all. None is no such limit."""
    prefix = "".join(secrets.choice(PREFIX_CHARACTERS) for _place in range(PREFIX_LENGTH))
    text = f"qab_{prefix}_{secrets.token_hex(SECRET_BYTES)}"
    key = ApiKey.objects.create(
        name=name,
        owner=owner,
        prefix=prefix,
        digest=digest_of(text),
        rights=[right for right in Right.values if right in rights],
        expires_at=expires_at,
        limited=collections is not None,
    )
    key.collections.set(collections or [])  # type: ignore[arg-type]  # of an app that this one does not know
    return NewKey(key, text)


def recognise(text: str) -> ApiKey:
    """The key with its owner. Raises InvalidKey; only who holds the whole key learns what is wrong with it."""
    prefix = text.removeprefix("qab_").split("_")[0]
    key = ApiKey.objects.select_related("owner").filter(prefix=prefix).first() if well_formed(text) else None
    if key is None or not secrets.compare_digest(key.digest, digest_of(text)):
        raise InvalidKey(_("This API key is not known."))
    if key.state != "valid":
        raise InvalidKey(_("This API key is expired.") if key.state == "expired" else _("This API key is revoked."))
    if not key.owner.is_active:
        raise InvalidKey(_("The account of this API key is not active."))
    return key


def revoke(key: ApiKey) -> None:
    """Refuse the key from now on; the moment of an earlier revocation is kept."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now())


def note_use(key: ApiKey) -> None:
    """Note when a key was last used, once a minute at most."""
    if key.last_used_at is not None and timezone.now() - key.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_NOTED_EVERY)
    with written_if_possible("use of a key"):
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=Now())


def well_formed(text: str) -> bool:
    """Whether it can be a key at all; anything else, NUL included, never reaches the database."""
    return text.startswith("qab_") and text.isascii() and text.isprintable()


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer qab_…` and nothing else: a key in an address would end up in logs."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, text = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = recognise(text.strip())
        except InvalidKey as error:
            count_request(request, "api", address_of(request))  # guessing is counted, too
            raise AuthenticationFailed(str(error)) from None
        note_use(key)
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="QABot"'
