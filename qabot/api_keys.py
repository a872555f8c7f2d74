"""Make API keys and recognise them in a request's `Authorization: Bearer` header.

A key is `qab_<prefix>_<secret>`: the prefix finds its row, the hash of the whole proves it. Knows nothing of documents.
"""

import hashlib
import secrets
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, Q
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from qabot.database_faults import written_if_possible
from qabot.models import ApiKey, Right
from qabot.rate_limits import address_of, count_request

PREFIX_CHARACTERS = string.ascii_lowercase + string.digits
PREFIX_LENGTH = 8
SECRET_BYTES = 32
USE_NOTED_EVERY = timedelta(minutes=1)  # a write for every request would cost more than the request


@dataclass(frozen=True)
class NewKey:
    """A key just made. `text` is shown once: it cannot be had again."""

    key: ApiKey
    text: str = field(repr=False)


class InvalidKey(Exception):
    """The key is not accepted. The message is for whoever holds it."""


@transaction.atomic
def make_key(
    name: str,
    owner: User,
    rights: Sequence[str] = Right.values,
    expires_at: datetime | None = None,
    collections: Iterable[Model] | None = None,
) -> NewKey:
    """A new key; `collections` limit it to these, and an empty list to none at all. None is no such limit."""
    prefix = "".join(secrets.choice(PREFIX_CHARACTERS) for _ in range(PREFIX_LENGTH))
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
        raise InvalidKey("This API key is not known.")
    if key.state != "valid":
        raise InvalidKey(f"This API key is {key.state}.")
    if not key.owner.is_active:
        raise InvalidKey("The account of this API key is not active.")
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
        scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
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
