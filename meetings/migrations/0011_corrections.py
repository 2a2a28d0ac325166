"""Acts upon lines; and whose a line was and where it lay in each earlier revision, which until now never changed."""

import uuid

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def places_fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    of_its_segment = apps.get_model("meetings", "Segment").objects.filter(pk=models.OuterRef("segment"))
    apps.get_model("meetings", "SegmentRevision").objects.filter(start__isnull=True).update(
        **{
            name: models.Subquery(of_its_segment.values(name)[:1])
            for name in ("participant", "start", "end", "start_ms", "end_ms")
        }
    )


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0010_access"),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("corrected", "Corrected"),
                            ("split", "Split"),
                            ("merged", "Merged"),
                            ("retracted", "Retracted"),
                            ("restored", "Restored"),
                            ("undone", "Undone"),
                            ("replaced", "Replaced"),
                            ("reverted", "Reverted"),
                        ],
                        max_length=10,
                    ),
                ),
                ("actor", models.CharField(max_length=100)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ("at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Replacement",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("proposed", "Proposed"), ("applied", "Applied"), ("reverted", "Reverted")],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                ("find", models.CharField(max_length=200)),
                ("replace", models.CharField(blank=True, max_length=200)),
                ("match_case", models.BooleanField(default=False)),
                ("whole_words", models.BooleanField(default=True)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("hits", models.JSONField(blank=True, default=list)),
                ("actor", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("-created_at", "id"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="segment",
            name="segment_once_per_position",
        ),
        migrations.AddField(
            model_name="segmentrevision",
            name="end",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="segmentrevision",
            name="end_ms",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="segmentrevision",
            name="participant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="segment_revisions",
                to="meetings.participant",
            ),
        ),
        migrations.AddField(
            model_name="segmentrevision",
            name="start",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="segmentrevision",
            name="start_ms",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="correction",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="corrections", to="meetings.meeting"
            ),
        ),
        migrations.AddField(
            model_name="segment",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="made_segments",
                to="meetings.correction",
            ),
        ),
        migrations.AddField(
            model_name="segmentrevision",
            name="correction",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="revisions",
                to="meetings.correction",
            ),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("made_by__isnull", True)),
                fields=("audio_session", "start"),
                name="segment_once_per_position",
            ),
        ),
        migrations.AddField(
            model_name="replacement",
            name="applied",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="replacement",
                to="meetings.correction",
            ),
        ),
        migrations.AddField(
            model_name="replacement",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="replacements", to="meetings.meeting"
            ),
        ),
        migrations.AddField(
            model_name="replacement",
            name="reverted",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="reverted_replacement",
                to="meetings.correction",
            ),
        ),
        migrations.AddConstraint(
            model_name="replacement",
            constraint=models.CheckConstraint(
                condition=models.Q(("find", ""), _negated=True), name="replacement_finds_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="replacement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("applied__isnull", True), ("reverted__isnull", True), ("state", "proposed")),
                    models.Q(("applied__isnull", False), ("reverted__isnull", True), ("state", "applied")),
                    models.Q(("applied__isnull", False), ("reverted__isnull", False), ("state", "reverted")),
                    _connector="OR",
                ),
                name="replacement_state_fits_its_acts",
            ),
        ),
        # Last: PostgreSQL alters no table whose rows have just been changed in the same transaction.
        migrations.RunPython(places_fill, migrations.RunPython.noop),
    ]
