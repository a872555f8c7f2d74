"""What is spent on models: by day and subject, and by answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("answers", "0003_reranked_passages")]

    operations = [
        migrations.AddField("answer", "cost_microdollars", models.BigIntegerField(blank=True, null=True)),
        migrations.CreateModel(
            name="TokensSpent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("subject", models.CharField(blank=True, max_length=40)),
                ("tokens", models.BigIntegerField(default=0)),
                ("cost_microdollars", models.BigIntegerField(default=0)),
                ("unpriced_tokens", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "day of spending",
                "verbose_name_plural": "spending",
                "ordering": ["-day", "subject"],
                "constraints": [
                    models.UniqueConstraint(fields=["day", "subject"], name="spent_day_and_subject_once"),
                    models.CheckConstraint(
                        condition=models.Q(subject__regex="^(|indexing|(user|key):[0-9]{1,19})$"),
                        name="spent_subject_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(tokens__gte=0, cost_microdollars__gte=0, unpriced_tokens__gte=0),
                        name="spent_not_negative",
                    ),
                ],
            },
        ),
    ]
