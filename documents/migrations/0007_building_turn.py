"""One worker at a time builds a search index: two of them on one table deadlock."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0006_filling_indexes")]

    operations = [
        migrations.AddField("embeddingindex", "building_until", models.DateTimeField(blank=True, null=True)),
    ]
