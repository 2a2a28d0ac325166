"""Where each chain of the audit trail ends, kept by the database itself."""

from typing import Any

from django.db import migrations, models
from django.db.models import Max

from meetings.audit_chain import chain_of
from meetings.audit_triggers import heads_install, heads_remove


def install(apps: Any, schema_editor: Any) -> None:
    """Chains that there are end where they end today."""
    events = apps.get_model("meetings", "AuditEvent").objects.using(schema_editor.connection.alias)
    heads = apps.get_model("meetings", "AuditHead").objects.using(schema_editor.connection.alias)
    for meeting_id, number in events.order_by().values_list("meeting_id").annotate(Max("number")):
        last = events.get(meeting_id=meeting_id, number=number)
        heads.create(chain=chain_of(meeting_id), number=number, hash=last.hash)
    heads_install(schema_editor.connection)


def remove(apps: Any, schema_editor: Any) -> None:
    heads_remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0014_exports"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("chain", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("number", models.PositiveBigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("anchored_number", models.PositiveBigIntegerField(default=0)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("n_findings", models.PositiveIntegerField(default=0)),
            ],
            options={"ordering": ("chain",)},
        ),
        migrations.RunPython(install, remove),
    ]
