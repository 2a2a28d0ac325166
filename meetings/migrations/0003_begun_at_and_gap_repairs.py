"""When a session began, and a queue of lost audio that is worth a second attempt."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def begun_at_fill(apps: Any, schema_editor: Any) -> None:
    """Sessions from before: the first hello came soon after they were admitted."""
    sessions = apps.get_model("meetings", "AudioSession").objects.using(schema_editor.connection.alias)
    sessions.filter(generation__gt=0).update(begun_at=models.F("created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0002_audit_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="audiosession",
            name="begun_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(begun_at_fill, migrations.RunPython.noop),
        migrations.CreateModel(
            name="GapRepair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.PositiveBigIntegerField()),
                ("end", models.PositiveBigIntegerField()),
                ("reason", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("given_up", "Given Up")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "audio_session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gap_repairs",
                        to="meetings.audiosession",
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="gap_repairs", to="meetings.meeting"
                    ),
                ),
            ],
            options={
                "ordering": ("created_at", "id"),
                "indexes": [models.Index(fields=["state", "lease_until"], name="gaprepair_to_do")],
                "constraints": [
                    models.UniqueConstraint(fields=("audio_session", "start"), name="gaprepair_once_per_position"),
                    models.CheckConstraint(
                        condition=models.Q(("start__lt", models.F("end"))), name="gaprepair_starts_before_it_ends"
                    ),
                ],
            },
        ),
    ]
