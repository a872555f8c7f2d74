"""Token signs beside each vector, for late interaction, and what a file says of itself."""

from django.db import migrations, models

# EXTERNAL: signs do not compress, and reading them need not try.
STORAGE = """
ALTER TABLE documents_embedding ALTER COLUMN token_signs SET STORAGE EXTERNAL;
ALTER TABLE documents_stagedchunk ALTER COLUMN token_signs SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0003_default_collection")]

    operations = [
        migrations.AddField("document", "about", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("embedding", "token_signs", models.BinaryField(null=True)),
        migrations.AddField("stagedchunk", "token_signs", models.BinaryField(null=True)),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
