"""Answers outlive the documents they rest on: the database lets go of the document and keeps the quote."""

from django.db import migrations


def release(table: str, column: str, target: str) -> migrations.RunSQL:
    """A foreign key that becomes null when what it points at goes, in the database."""
    name = f"{table}_{column}_release"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {target} (id) ON DELETE SET NULL",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("answers", "0001_initial"), ("documents", "0002_database_rules")]

    operations = [
        release("answers_citation", "document_id", "documents_document"),
        release("answers_retrievedpassage", "document_id", "documents_document"),
        release("answers_retrievedpassage", "chunk_id", "documents_chunk"),
    ]
