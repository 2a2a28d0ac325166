"""Links of meetings that can be renewed and turned off; by which link a participant was let in."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def viewers_came_by_link(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Who only watches and has neither account nor token, for nothing else can have let them in."""
    participants = apps.get_model("meetings", "Participant").objects.using(schema_editor.connection.alias)
    viewers = participants.filter(role="viewer", user=None, api_token=None, is_by_right=False)
    viewers.update(link_number=1)


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0020_search_reach"),
    ]

    operations = [
        migrations.AddField(
            model_name="meeting",
            name="is_link_open",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="meeting",
            name="link_number",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="participant",
            name="link_number",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="FormerCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True)),
                ("replaced_at", models.DateTimeField(auto_now_add=True)),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_codes",
                        to="meetings.meeting",
                    ),
                ),
            ],
            options={
                "ordering": ("-replaced_at", "-id"),
            },
        ),
        migrations.RunPython(viewers_came_by_link, migrations.RunPython.noop),
    ]
