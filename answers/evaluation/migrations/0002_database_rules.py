"""Results go with their run. Questions and results outlive what they point at: the database lets go of it."""

from django.db import migrations


def rule(table: str, column: str, target: str, action: str) -> migrations.RunSQL:
    """A foreign key with what happens when its target goes, in the database."""
    name = f"{table}_{column}_rule"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {target} (id) ON DELETE {action}",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0001_initial")]

    operations = [
        rule("evaluation_goldenquestion", "collection_id", "documents_collection", "SET NULL"),
        rule("evaluation_goldenquestion", "source_answer_id", "answers_answer", "SET NULL"),
        rule("evaluation_goldenresult", "run_id", "evaluation_evaluationrun", "CASCADE"),
        rule("evaluation_goldenresult", "golden_id", "evaluation_goldenquestion", "SET NULL"),
        rule("evaluation_goldenresult", "collection_id", "documents_collection", "SET NULL"),
    ]
