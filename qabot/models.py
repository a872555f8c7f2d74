"""API keys: who may call the REST door, and for what; and the counters of how often somebody called.

A key itself is not kept, only its hash.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Right(models.TextChoices):
    ASK = "ask", "Ask, search, and read their own conversations"
    READ = "read", "Read documents and collections"
    WRITE = "write", "Upload, delete and retry documents; make collections"


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


class RateCounter(models.Model):
    """How often something happened within a window of time that `key` names. Its table is unlogged (see migration)."""

    key = models.CharField(max_length=250, primary_key=True)  # as long as a cache's key may be
    count = models.BigIntegerField()
    expires_at = models.DateTimeField(db_index=True)  # by the database's clock; swept afterwards

    def __str__(self) -> str:
        return self.key
