"""The place of a passage after reranking."""

from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("answers", "0002_database_rules")]

    operations = [
        migrations.AddField("retrievedpassage", "rerank_rank", models.IntegerField(null=True)),
        migrations.AddField("retrievedpassage", "rerank_score", models.FloatField(null=True)),
        migrations.AlterModelOptions("retrievedpassage", {"ordering": [Coalesce("rerank_rank", "fused_rank")]}),
    ]
