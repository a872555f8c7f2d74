"""API keys limited to collections, and who people are at an OpenID Connect provider."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("documents", "0004_token_signs"),
        ("qabot", "0002_rate_counter"),
    ]

    operations = [
        # With a default in the database too: the release that still runs inserts keys without this column.
        migrations.AddField(
            "apikey",
            "limited",
            models.BooleanField("limited to collections", db_default=False, default=False),
        ),
        migrations.AddField(
            "apikey", "collections", models.ManyToManyField(blank=True, related_name="+", to="documents.collection")
        ),
        migrations.CreateModel(
            name="OpenIdIdentity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issuer", models.CharField(max_length=500)),
                ("subject", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="openid_identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "OpenID identity", "verbose_name_plural": "OpenID identities"},
        ),
        migrations.AddConstraint(
            "openididentity",
            models.UniqueConstraint(fields=("issuer", "subject"), name="openid_identity_once"),
        ),
    ]
