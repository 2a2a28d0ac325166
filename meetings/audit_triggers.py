"""Database triggers that keep the audit trail append-only, whoever holds the connection."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "meetings_auditevent"
MESSAGE = "the audit trail is append-only"

_SQLITE_INSTALL = [
    f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for verb in ("update", "delete")
]
_SQLITE_REMOVE = [f"DROP TRIGGER IF EXISTS {TABLE}_no_{verb}" for verb in ("update", "delete")]

_POSTGRESQL_INSTALL = [
    f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
    f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()",
    f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()",
]
_POSTGRESQL_REMOVE = [
    f"DROP TRIGGER IF EXISTS {TABLE}_append_only ON {TABLE}",
    f"DROP TRIGGER IF EXISTS {TABLE}_no_truncate ON {TABLE}",
    f"DROP FUNCTION IF EXISTS {TABLE}_refuse()",
]


def triggers_install(connection: BaseDatabaseWrapper) -> None:
    _execute(connection, sqlite=_SQLITE_INSTALL, postgresql=_POSTGRESQL_INSTALL)


def triggers_remove(connection: BaseDatabaseWrapper) -> None:
    _execute(connection, sqlite=_SQLITE_REMOVE, postgresql=_POSTGRESQL_REMOVE)


def _execute(connection: BaseDatabaseWrapper, *, sqlite: list[str], postgresql: list[str]) -> None:
    statements = {"sqlite": sqlite, "postgresql": postgresql}[connection.vendor]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
