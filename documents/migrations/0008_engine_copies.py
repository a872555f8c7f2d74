"""Copies of vectors in an outside engine, and the outbox that says which chunks each has to look at again.

Adds only: the code of the release before runs on it, and its writes reach the outbox too.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models import Q

# Parts that a dump does not carry along (server, database, table) and, of a server's own copies, the timeline that a
# promoted follower or a fork begins. A copy made by another database is left alone, and filled anew under another name.
IDENTITY = """
CREATE FUNCTION documents_database_identity() RETURNS text LANGUAGE sql STABLE AS $$
SELECT concat_ws('-',
    (SELECT system_identifier FROM pg_control_system()),
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    to_regclass('documents_enginecopy')::oid,
    left(pg_walfile_name(pg_current_wal_lsn()), 8)
)
$$;
"""

# One function for all three: where no copy is, it looks once a statement. A copy that goes is held or passed over, never
# pointed at: who publishes must not fail because of it.
OUTBOX = """
ALTER TABLE documents_vectorchange ADD CONSTRAINT documents_vectorchange_copy_id_cascade
FOREIGN KEY (copy_id) REFERENCES documents_enginecopy (id) ON DELETE CASCADE;

CREATE FUNCTION documents_note_vector_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM documents_enginecopy) THEN
        INSERT INTO documents_vectorchange (copy_id, chunk_id)
        SELECT copy.id, changed.chunk_id FROM changed JOIN documents_enginecopy AS copy USING (index_id)
        WHERE copy.state <> 'removing' FOR KEY SHARE OF copy;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER note_new_vectors AFTER INSERT ON documents_embedding REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION documents_note_vector_changes();

CREATE TRIGGER note_changed_vectors AFTER UPDATE ON documents_embedding REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION documents_note_vector_changes();

CREATE TRIGGER note_gone_vectors AFTER DELETE ON documents_embedding REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION documents_note_vector_changes();
"""

FORGET = """
DROP TRIGGER note_new_vectors ON documents_embedding;
DROP TRIGGER note_changed_vectors ON documents_embedding;
DROP TRIGGER note_gone_vectors ON documents_embedding;
DROP FUNCTION documents_note_vector_changes();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0007_building_turn")]

    operations = [
        migrations.RunSQL(IDENTITY, "DROP FUNCTION documents_database_identity()"),
        migrations.CreateModel(
            "EngineCopy",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("location", models.TextField()),
                ("name", models.CharField(max_length=40, unique=True)),
                ("database", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("filling", "Being filled"), ("active", "Active"), ("removing", "Being removed")],
                        default="filling",
                        max_length=20,
                    ),
                ),
                ("filled_to", models.BigIntegerField(default=0)),
                ("error", models.TextField(blank=True, default="")),
                ("failures", models.IntegerField(default=0)),
                ("postponed_until", models.DateTimeField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "index",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="documents.embeddingindex",
                    ),
                ),
            ],
            options={"verbose_name_plural": "engine copies"},
        ),
        migrations.CreateModel(
            "VectorChange",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("chunk_id", models.BigIntegerField()),
                ("queued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "copy",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="changes",
                        to="documents.enginecopy",
                    ),
                ),
            ],
        ),
        migrations.AddField("stagedchunk", "reserved_id", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "stagedchunk",
            models.Index(condition=Q(reserved_id__isnull=False), fields=["reserved_id"], name="staged_chunk_reserved"),
        ),
        migrations.AddConstraint(
            "enginecopy",
            models.UniqueConstraint(
                condition=~Q(state="removing"), fields=("index", "location", "state"), name="engine_copy_once"
            ),
        ),
        migrations.AddConstraint(
            "enginecopy",
            models.CheckConstraint(
                condition=Q(state__in=["filling", "active", "removing"]), name="engine_copy_state_known"
            ),
        ),
        migrations.AddIndex("vectorchange", models.Index(fields=["copy", "id"], name="vector_change_next")),
        migrations.AddIndex("vectorchange", models.Index(fields=["copy", "chunk_id"], name="vector_change_chunk")),
        migrations.RunSQL(OUTBOX, FORGET),
    ]
