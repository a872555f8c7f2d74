"""API keys: who may call the REST door, for what; where people are signed in; counters of how often somebody called.

A key itself is not kept, only its hash.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class Right(models.TextChoices):
    ASK = "ask", "Ask, search, and read their own conversations"
    READ = "read", "Read documents and collections"
    WRITE = "write", "Upload, delete and retry documents; make collections"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def of(self, owner: Any) -> "ApiKeyQuerySet":
        return self.filter(owner=owner.pk)

    def valid(self) -> "ApiKeyQuerySet":
        """Keys that are accepted: neither revoked nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)

    def dead(self) -> "ApiKeyQuerySet":
        """Keys that are refused: revoked or expired."""
        return self.filter(Q(expires_at__lte=Now()) | Q(revoked_at__isnull=False))

    def with_reach(self, visible: Any) -> "ApiKeyQuerySet":
        """Each key with its `visible_collections`, those that whoever looks may know of, and how many it has in all."""
        reached = models.Prefetch("collections", visible, to_attr="visible_collections")
        return self.prefetch_related(reached).annotate(collections_count=models.Count("collections"))


class ApiKey(models.Model):
    """A key that acts for its owner, within its rights and, if limited, its collections: never more than the owner may.

    `digest` is the SHA-256 of the whole key. A key holds 256 random bits, so a slow hash would add nothing.
    """

    name = models.CharField(max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=8, unique=True)  # names the key in lists and logs
    digest = models.CharField(max_length=64)
    rights = ArrayField(models.CharField(max_length=10, choices=Right.choices))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # A flag of its own: when its last collection is deleted, a limited key must not become an unlimited one.
    limited = models.BooleanField("limited to collections", default=False, db_default=False)
    collections = models.ManyToManyField("documents.Collection", blank=True, related_name="+")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rights__contained_by=Right.values) & Q(rights__len__gt=0), name="api_key_rights_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (qab_{self.prefix}_…)"

    @property
    def state(self) -> str:
        """For people: "valid", "revoked" or "expired"."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= timezone.now() else "valid"


class OpenIdIdentity(models.Model):
    """Who an account is at an OpenID Connect provider. Nothing else makes somebody this account's owner."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="openid_identities")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)  # the provider's own name for the person; never given to another
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "OpenID identity"
        verbose_name_plural = "OpenID identities"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="openid_identity_once")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class SignedInSessionQuerySet(models.QuerySet["SignedInSession"]):
    def of(self, user: Any) -> "SignedInSessionQuerySet":
        """This person's sessions that have not run out."""
        return self.filter(user=user.pk, session__expire_date__gt=Now())


class SignedInSession(models.Model):
    """Whose a session is, and in which browser: Django's own sessions do not know it. No address is kept.

    The database takes a row along with its session and with its person (see migration 0004).
    """

    session = models.OneToOneField(
        "sessions.Session", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    user_agent = models.CharField(max_length=200, blank=True)  # as the browser says it, cut
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())  # noted every ten minutes at most

    objects = SignedInSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_at", "-id"]

    def __str__(self) -> str:
        return f"A session of {self.user}"


class RateCounter(models.Model):
    """How often something happened within a window of time that `key` names. Its table is unlogged (see migration)."""

    key = models.CharField(max_length=250, primary_key=True)  # as long as a cache's key may be
    count = models.BigIntegerField()
    expires_at = models.DateTimeField(db_index=True)  # by the database's clock; swept afterwards

    def __str__(self) -> str:
        return self.key
