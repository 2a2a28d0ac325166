"""Where sessions may be recorded, the pieces that were kept, and the recordings that are made of them."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0008_telephony"),
    ]

    operations = [
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
                ],
                max_length=40,
            ),
        ),
        migrations.CreateModel(
            name="Recording",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("session", "Session"), ("mix", "Mix")], max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("problem", models.CharField(blank=True, default="", max_length=100)),
                ("made_from", models.CharField(max_length=64)),
                ("file", models.CharField(blank=True, default="", max_length=200)),
                ("sha256", models.CharField(blank=True, default="", max_length=64)),
                ("n_samples", models.PositiveBigIntegerField(default=0)),
                ("n_bytes", models.PositiveBigIntegerField(default=0)),
                ("spans", models.JSONField(blank=True, default=list)),
                ("missing", models.JSONField(blank=True, default=list)),
                ("lease", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("n_attempts", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "audio_session",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recording",
                        to="meetings.audiosession",
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="recordings", to="meetings.meeting"
                    ),
                ),
            ],
            options={
                "ordering": ("meeting", "kind", "created_at", "id"),
                "indexes": [models.Index(fields=["state", "lease_until"], name="recording_to_do")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "mix")), fields=("meeting",), name="recording_one_mix_per_meeting"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audio_session__isnull", False), ("kind", "session")),
                            models.Q(("audio_session__isnull", True), ("kind", "mix")),
                            _connector="OR",
                        ),
                        name="recording_of_a_session_iff_typed_so",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(models.Q(("file", ""), _negated=True), models.Q(("sha256", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="recording_done_has_a_file",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecordingChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.PositiveBigIntegerField()),
                ("end", models.PositiveBigIntegerField()),
                ("file", models.CharField(blank=True, default="", max_length=200)),
                ("sha256", models.CharField(blank=True, default="", max_length=64)),
                ("missing", models.CharField(blank=True, default="", max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "audio_session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recording_chunks",
                        to="meetings.audiosession",
                    ),
                ),
            ],
            options={
                "ordering": ("audio_session", "start"),
                "constraints": [
                    models.UniqueConstraint(fields=("audio_session", "start"), name="recordingchunk_once_per_position"),
                    models.CheckConstraint(
                        condition=models.Q(("start__lt", models.F("end"))), name="recordingchunk_starts_before_it_ends"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("file", ""), _negated=True),
                                models.Q(("sha256", ""), _negated=True),
                                ("missing", ""),
                            ),
                            models.Q(("file", ""), ("sha256", ""), models.Q(("missing", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="recordingchunk_has_a_file_or_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecordingSwitch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.PositiveBigIntegerField()),
                ("is_on", models.BooleanField()),
                (
                    "audio_session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recording_switches",
                        to="meetings.audiosession",
                    ),
                ),
            ],
            options={
                "ordering": ("audio_session", "start"),
                "constraints": [
                    models.UniqueConstraint(fields=("audio_session", "start"), name="recordingswitch_once_per_position")
                ],
            },
        ),
    ]
