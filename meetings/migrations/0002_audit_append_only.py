"""Refuse changes of the audit trail in the database itself."""

from typing import Any

from django.db import migrations

from meetings.audit_triggers import entries_guard, entries_unguard


def install(apps: Any, schema_editor: Any) -> None:
    entries_guard(schema_editor.connection)


def remove(apps: Any, schema_editor: Any) -> None:
    entries_unguard(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = (("meetings", "0001_initial"),)
    operations = (migrations.RunPython(install, remove),)
