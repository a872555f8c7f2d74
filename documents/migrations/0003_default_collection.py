"""A fresh installation has one collection to upload to: read by whoever is signed in, added to by the same."""

from django.db import migrations


def create(apps, schema_editor):
    apps.get_model("documents", "Collection").objects.get_or_create(
        slug="documents", defaults={"name": "Documents", "description": "Where uploads go that name no collection."}
    )


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_database_rules")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
