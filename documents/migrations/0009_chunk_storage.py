"""What ranking reads of a chunk, its weights, lies in the row; its text and tokens, which it does not read, beside it.

A row was about as long as PostgreSQL keeps whole (2 kB), so that every second one had its weights moved out. In 100,000
chunks ranking takes half as long with them at hand. Rows that are there stay as they are until they are written again.
"""

from django.db import migrations

STORAGE = """
ALTER TABLE documents_chunk ALTER COLUMN weights SET STORAGE MAIN;
ALTER TABLE documents_chunk SET (toast_tuple_target = 1000);
"""
BACK = """
ALTER TABLE documents_chunk ALTER COLUMN weights SET STORAGE EXTERNAL;
ALTER TABLE documents_chunk RESET (toast_tuple_target);
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0008_engine_copies")]

    operations = [migrations.RunSQL(STORAGE, BACK)]
