"""Which collections an answer was searched for in stays known when one of them is deleted."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("answers", "0006_leases")]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="searched_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.RunSQL(
            "UPDATE answers_answer SET searched_ids = ARRAY(SELECT collection_id FROM answers_answer_collections"
            " WHERE answer_id = answers_answer.id)",
            migrations.RunSQL.noop,
        ),
    ]
