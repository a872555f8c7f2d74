"""A second embedding index is filled beside the active one: who is at which document, what is staged for it, why it waits.

Adds only: the code of the release before runs on it.
"""

import django.db.models.deletion
import pgvector.django.halfvec
from django.db import migrations, models
from django.db.models import Q

# As in the tables of chunks: vectors stay in their row, signs are not compressed, rows go with their document.
RULES = """
ALTER TABLE documents_stagedembedding ALTER COLUMN vector SET STORAGE PLAIN;
ALTER TABLE documents_stagedembedding ALTER COLUMN token_signs SET STORAGE EXTERNAL;
ALTER TABLE documents_stagedembedding ADD CONSTRAINT documents_stagedembedding_document_id_cascade
FOREIGN KEY (document_id) REFERENCES documents_document (id) ON DELETE CASCADE;
ALTER TABLE documents_filling ADD CONSTRAINT documents_filling_document_id_cascade
FOREIGN KEY (document_id) REFERENCES documents_document (id) ON DELETE CASCADE;
"""

STATES = ["building", "active", "retired", "removing"]


def remove_retired(apps, schema_editor):
    """Until now only an index without any embedding was ever retired: none of them is worth keeping complete."""
    apps.get_model("documents", "EmbeddingIndex").objects.filter(state="retired").update(state="removing")


def document(**options):
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to="documents.document",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("documents", "0005_quarantine")]

    operations = [
        migrations.AddField("embeddingindex", "retired_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("embeddingindex", "error", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("embeddingindex", "postponed_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("embeddingindex", "failures", models.IntegerField(db_default=0, default=0)),
        migrations.AlterField(
            "embeddingindex",
            "state",
            models.CharField(
                choices=[
                    ("building", "Being filled"),
                    ("active", "Active"),
                    ("retired", "Retired"),
                    ("removing", "Being removed"),
                ],
                default="building",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            "stagedchunk",
            "index",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="documents.embeddingindex"
            ),
        ),
        migrations.CreateModel(
            "Filling",
            [
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("lease_until", models.DateTimeField()),
                ("lease_token", models.UUIDField()),
                ("document", document()),
                (
                    "index",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="documents.embeddingindex"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            "StagedEmbedding",
            [
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("ordinal", models.IntegerField()),
                ("vector", pgvector.django.halfvec.HalfVectorField()),
                ("token_signs", models.BinaryField(null=True)),
                ("document", document(db_index=False)),
                (
                    "index",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="documents.embeddingindex"
                    ),
                ),
            ],
        ),
        migrations.RunPython(remove_retired, migrations.RunPython.noop),
        migrations.AddConstraint(
            "embeddingindex",
            models.UniqueConstraint(condition=Q(state="building"), fields=("state",), name="one_building_index"),
        ),
        migrations.AddConstraint(
            "embeddingindex",
            models.CheckConstraint(condition=Q(state__in=STATES), name="index_state_known"),
        ),
        migrations.AddConstraint(
            "filling", models.UniqueConstraint(fields=("index", "document"), name="filling_once")
        ),
        migrations.AddConstraint(
            "stagedembedding",
            models.UniqueConstraint(fields=("document", "index", "ordinal"), name="staged_embedding_once"),
        ),
        migrations.RunSQL(RULES, migrations.RunSQL.noop),
    ]
