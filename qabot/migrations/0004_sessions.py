"""Where people are signed in. The database takes a row along with its session and with its person.

Django would cascade in Python, and what deletes without knowing this table (SQL, the release before) would fail.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


def cascade(column: str, target: str) -> migrations.RunSQL:
    name = f"qabot_signedinsession_{column}_cascade"
    return migrations.RunSQL(
        f"ALTER TABLE qabot_signedinsession ADD CONSTRAINT {name} FOREIGN KEY ({column}) "
        f"REFERENCES {target} ON DELETE CASCADE",
        f"ALTER TABLE qabot_signedinsession DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sessions", "0001_initial"),
        ("qabot", "0003_api_key_collections"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignedInSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "session",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sessions.session",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["-seen_at", "-id"]},
        ),
        cascade("session_id", "django_session (session_key)"),
        cascade("user_id", "auth_user (id)"),
    ]
