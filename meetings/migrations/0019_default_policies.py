"""What organisations say of keeping their meetings; by what right a participant was let in."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0018_second_pass"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="policies",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="meeting",
            name="default_policies",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="participant",
            name="is_by_right",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="participant",
            name="api_token",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to="meetings.apitoken",
            ),
        ),
    ]
