from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("qabot", "0001_api_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="RateCounter",
            fields=[
                ("key", models.CharField(max_length=250, primary_key=True, serialize=False)),
                ("count", models.BigIntegerField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
        # Every limited request writes here. Unlogged, a write costs no WAL and no wait for the disk; what a crash of
        # the server empties are the counts of the last minutes, which nobody misses.
        migrations.RunSQL("ALTER TABLE qabot_ratecounter SET UNLOGGED", "ALTER TABLE qabot_ratecounter SET LOGGED"),
    ]
