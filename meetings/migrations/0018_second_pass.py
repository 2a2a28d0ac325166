"""The second pass over recorded sessions, and how losses were made good."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0017_node_readings"),
    ]

    operations = [
        migrations.AddField(
            model_name="gaprepair",
            name="done_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="gaprepair",
            name="problem",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AddField(
            model_name="gaprepair",
            name="segment",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="gap_repair",
                to="meetings.segment",
            ),
        ),
        migrations.AlterField(
            model_name="meetingevent",
            name="type",
            field=models.CharField(
                choices=[
                    ("segment", "Segment"),
                    ("meeting.started", "Meeting Started"),
                    ("meeting.changed", "Meeting Changed"),
                    ("meeting.ended", "Meeting Ended"),
                    ("meeting.recording", "Meeting Recording"),
                    ("participant.joined", "Participant Joined"),
                    ("participant.left", "Participant Left"),
                    ("participant.consented", "Participant Consented"),
                    ("participant.changed", "Participant Changed"),
                    ("participant.language", "Participant Language"),
                    ("audio.gap", "Audio Gap"),
                    ("content.purged", "Content Purged"),
                    ("audio.repaired", "Audio Repaired"),
                ],
                max_length=40,
            ),
        ),
        migrations.CreateModel(
            name="SecondPass",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("end", models.PositiveBigIntegerField()),
                ("done_to", models.PositiveBigIntegerField(default=0)),
                ("n_lines", models.PositiveIntegerField()),
                ("n_done", models.PositiveIntegerField(default=0)),
                ("n_replaced", models.PositiveIntegerField(default=0)),
                ("n_repaired", models.PositiveIntegerField(default=0)),
                ("model", models.CharField(blank=True, default="", max_length=200)),
                ("problem", models.CharField(blank=True, default="", max_length=100)),
                ("lease", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("n_attempts", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "audio_session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="second_pass",
                        to="meetings.audiosession",
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="second_passes", to="meetings.meeting"
                    ),
                ),
            ],
            options={
                "ordering": ("created_at", "id"),
                "indexes": [models.Index(fields=["state", "lease_until"], name="secondpass_to_do")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("n_done__lte", models.F("n_lines"))), name="secondpass_done_within_lines"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease__isnull", True), ("lease_until__isnull", True)),
                            models.Q(("lease__isnull", False), ("lease_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="secondpass_lease_has_an_end",
                    ),
                ],
            },
        ),
    ]
