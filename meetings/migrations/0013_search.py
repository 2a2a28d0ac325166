"""Search: a line for each segment that may be found, the database's full text index, and triggers that keep both."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from meetings.search.index import index_install, index_remove


def install(apps: Any, schema_editor: Any) -> None:
    index_install(schema_editor.connection)


def remove(apps: Any, schema_editor: Any) -> None:
    index_remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = (("meetings", "0012_retention"),)
    operations = (
        migrations.CreateModel(
            name="SearchLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=35)),
                ("text", models.TextField()),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="meetings.meeting"
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="meetings.participant"
                    ),
                ),
                (
                    "segment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="meetings.segment"
                    ),
                ),
            ],
        ),
        migrations.RunPython(install, remove),
    )
