"""Refuse changes of the audit trail in the database itself."""

from typing import Any

from django.db import migrations

from meetings.audit_triggers import triggers_install, triggers_remove


def install(apps: Any, schema_editor: Any) -> None:
    triggers_install(schema_editor.connection)


def remove(apps: Any, schema_editor: Any) -> None:
    triggers_remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = (("meetings", "0001_initial"),)
    operations = (migrations.RunPython(install, remove),)
