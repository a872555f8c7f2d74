"""Leases on answers: one whose process was killed is told from one that is being written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("answers", "0005_sharing")]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="lease_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(
                condition=models.Q(("status", "working")), fields=["lease_until"], name="answer_under_way"
            ),
        ),
    ]
