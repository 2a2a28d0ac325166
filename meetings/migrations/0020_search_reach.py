"""Search on SQLite: an index of what decides who may find a line, so that ranking thousands reads no texts.

`index_install` makes it with the rest; here it comes to databases whose search index stands already.
"""

from typing import Any

from django.db import migrations

NAME = "meetings_searchline_reach"


def make(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")
        schema_editor.execute(f"CREATE INDEX {NAME} ON meetings_searchline (id, meeting_id, participant_id, language)")


def remove(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    dependencies = (("meetings", "0019_default_policies"),)
    operations = (migrations.RunPython(make, remove),)
