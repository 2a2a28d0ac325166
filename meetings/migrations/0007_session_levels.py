"""How loud sessions were: what tells one voice in two microphones from two voices."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0006_meeting_clock"),
    ]

    operations = [
        migrations.CreateModel(
            name="SessionLevels",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.PositiveBigIntegerField()),
                ("levels", models.BinaryField()),
                (
                    "audio_session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="levels", to="meetings.audiosession"
                    ),
                ),
            ],
            options={
                "ordering": ("audio_session", "first"),
                "constraints": [
                    models.UniqueConstraint(fields=("audio_session", "first"), name="sessionlevels_once_per_position")
                ],
            },
        ),
    ]
