"""Documents can be put into quarantine: kept, but found by no search."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("documents", "0004_token_signs")]

    operations = [
        migrations.AddField("document", "quarantined_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "document",
            "quarantine_reason",
            models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.AddIndex(
            "document",
            models.Index(condition=Q(quarantined_at__isnull=False), fields=["id"], name="document_quarantined"),
        ),
        migrations.AddConstraint(
            "document",
            models.CheckConstraint(
                condition=Q(quarantine_reason="", quarantined_at__isnull=True)
                | Q(quarantined_at__isnull=False) & ~Q(quarantine_reason=""),
                name="document_quarantined_with_reason",
            ),
        ),
    ]
