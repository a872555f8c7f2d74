"""What the database itself keeps true: rows that go with their document, token frequencies, and how columns are stored."""

from django.db import migrations

OWNED = ["originalpart", "page", "chunk", "stagedpage", "stagedchunk"]


def cascade(table: str, column: str, target: str) -> migrations.RunSQL:
    """A foreign key whose rows go with what they point at, in the database."""
    name = f"{table}_{column}_cascade"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {target} (id) ON DELETE CASCADE",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


# Frequencies are written in the order of their tokens, so that two workers never wait for each other in a circle.
COUNT_TOKENS = """
CREATE FUNCTION documents_count_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO documents_tokenfrequency (collection_id, token, chunks)
    SELECT collection_id, token, count(*) FROM changed, unnest(tokens) AS token
    GROUP BY collection_id, token ORDER BY collection_id, token
    ON CONFLICT (collection_id, token) DO UPDATE SET chunks = documents_tokenfrequency.chunks + excluded.chunks;
    RETURN NULL;
END $$;

CREATE FUNCTION documents_uncount_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO documents_tokenfrequency (collection_id, token, chunks)
    SELECT collection_id, token, -count(*) FROM changed, unnest(tokens) AS token
    GROUP BY collection_id, token ORDER BY collection_id, token
    ON CONFLICT (collection_id, token) DO UPDATE SET chunks = documents_tokenfrequency.chunks + excluded.chunks;
    DELETE FROM documents_tokenfrequency AS frequency
    USING (SELECT DISTINCT collection_id, token FROM changed, unnest(tokens) AS token) AS gone
    WHERE frequency.collection_id = gone.collection_id AND frequency.token = gone.token AND frequency.chunks <= 0;
    RETURN NULL;
END $$;

CREATE TRIGGER count_tokens AFTER INSERT ON documents_chunk REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION documents_count_tokens();

CREATE TRIGGER uncount_tokens AFTER DELETE ON documents_chunk REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION documents_uncount_tokens();
"""

FORGET_TOKENS = """
DROP TRIGGER count_tokens ON documents_chunk;
DROP TRIGGER uncount_tokens ON documents_chunk;
DROP FUNCTION documents_count_tokens();
DROP FUNCTION documents_uncount_tokens();
"""

# PLAIN keeps a vector of 1,536 half floats (3 kB) in its row: fetched from TOAST, exact scans are 3-5 times slower.
# EXTERNAL spares compressing files that are compressed already, and reads a slice without reading the whole.
STORAGE = """
ALTER TABLE documents_embedding ALTER COLUMN vector SET STORAGE PLAIN;
ALTER TABLE documents_stagedchunk ALTER COLUMN vector SET STORAGE PLAIN;
ALTER TABLE documents_originalpart ALTER COLUMN content SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [
        *[cascade(f"documents_{table}", "document_id", "documents_document") for table in OWNED],
        cascade("documents_chunk", "collection_id", "documents_collection"),
        cascade("documents_embedding", "chunk_id", "documents_chunk"),
        cascade("documents_embedding", "collection_id", "documents_collection"),
        cascade("documents_tokenfrequency", "collection_id", "documents_collection"),
        migrations.RunSQL(COUNT_TOKENS, FORGET_TOKENS),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
