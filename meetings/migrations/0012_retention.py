import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0011_corrections"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeletionProof",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("meeting_id", models.UUIDField(db_index=True)),
                ("what", models.CharField(max_length=20)),
                ("target", models.CharField(max_length=100)),
                ("reason", models.CharField(max_length=20)),
                ("by", models.CharField(max_length=100)),
                ("counts", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("audit_number", models.PositiveBigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ("at", "id"),
            },
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("reason", models.CharField(max_length=500)),
                ("placed_by", models.CharField(max_length=100)),
                ("placed_at", models.DateTimeField(auto_now_add=True)),
                ("lifted_by", models.CharField(blank=True, default="", max_length=100)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("placed_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Purge",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[("text", "Text"), ("unkept", "Unkept"), ("audio", "Audio")], max_length=10
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("retention", "Retention"),
                            ("ephemeral", "Ephemeral"),
                            ("captions_only", "Captions Only"),
                            ("asked", "Asked"),
                        ],
                        max_length=20,
                    ),
                ),
                ("asked_by", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done")], default="waiting", max_length=10
                    ),
                ),
                ("counts", models.JSONField(blank=True, default=dict)),
                ("digest", models.CharField(blank=True, default="", max_length=64)),
                ("lease", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("created_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="RedactedRange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.PositiveBigIntegerField()),
                ("end", models.PositiveBigIntegerField()),
                ("is_in_recording", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("silenced_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("audio_session", "start"),
            },
        ),
        migrations.AddField(
            model_name="segment",
            name="is_kept",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        migrations.AddField(
            model_name="segment",
            name="purged_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
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
                ],
                max_length=40,
            ),
        ),
        migrations.AddIndex(
            model_name="segment",
            index=models.Index(
                condition=models.Q(("is_kept", False), ("purged_at__isnull", True)),
                fields=["meeting"],
                name="segment_not_to_be_kept",
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="legal_holds", to="meetings.meeting"
            ),
        ),
        migrations.AddField(
            model_name="purge",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="purges", to="meetings.meeting"
            ),
        ),
        migrations.AddField(
            model_name="redactedrange",
            name="audio_session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="redacted_ranges", to="meetings.audiosession"
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("meeting",),
                name="legalhold_one_stands_per_meeting",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="legalhold_has_a_reason"
            ),
        ),
        migrations.AddIndex(
            model_name="purge",
            index=models.Index(fields=["state", "lease_until"], name="purge_to_do"),
        ),
        migrations.AddConstraint(
            model_name="purge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")), fields=("meeting", "what"), name="purge_one_waits_per_kind"
            ),
        ),
        migrations.AddIndex(
            model_name="redactedrange",
            index=models.Index(
                condition=models.Q(("silenced_at__isnull", True)), fields=["created_at"], name="redactedrange_to_do"
            ),
        ),
        migrations.AddConstraint(
            model_name="redactedrange",
            constraint=models.CheckConstraint(
                condition=models.Q(("start__lt", models.F("end"))), name="redactedrange_starts_before_it_ends"
            ),
        ),
    ]
