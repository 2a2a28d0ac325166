"""Who speaks which language, and from which position of a session on; meetings and participants that change."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0003_begun_at_and_gap_repairs"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="audiosession",
            name="language",
        ),
        migrations.AddField(
            model_name="participant",
            name="language",
            field=models.CharField(blank=True, default="", max_length=35),
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
            name="SessionLanguage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.PositiveBigIntegerField()),
                ("language", models.CharField(max_length=35)),
                (
                    "audio_session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="languages",
                        to="meetings.audiosession",
                    ),
                ),
            ],
            options={
                "ordering": ("audio_session", "start"),
                "constraints": [
                    models.UniqueConstraint(fields=("audio_session", "start"), name="sessionlanguage_once_per_position")
                ],
            },
        ),
    ]
