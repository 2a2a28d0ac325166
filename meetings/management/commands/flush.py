"""`manage.py flush`, which empties every table: the one act for which the audit trail's triggers are lifted."""

from typing import Any

from django.core.management.commands import flush
from django.db import connections, transaction

from meetings.audit_triggers import TABLE, triggers_install, triggers_remove


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        if TABLE not in connection.introspection.table_names():
            super().handle(**options)
            return
        with transaction.atomic(using=connection.alias):
            triggers_remove(connection)
        try:
            super().handle(**options)
        finally:
            with transaction.atomic(using=connection.alias):
                triggers_install(connection)
