"""Database triggers that keep the audit trail append-only, whoever holds the connection, and its heads up to date."""

# ruff: noqa: S608 - all names in these statements are our own

from collections.abc import Iterable, Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "meetings_auditevent"
HEADS = "meetings_audithead"
MESSAGE = "the audit trail is append-only"
Statements = Mapping[str, list[str]]  # by the database's name

_ENTRIES: Statements = {
    "sqlite": [
        f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()",
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()",
    ],
}
_NEW_HEAD = f"INTO {HEADS} (chain, number, hash, anchored_number, n_findings)"
_HEAD_MOVES = (
    f"ON CONFLICT (chain) DO UPDATE SET number = excluded.number, hash = excluded.hash "
    f"WHERE excluded.number > {HEADS}.number"
)
_SET_BACK = "NEW.chain <> OLD.chain OR NEW.number < OLD.number OR (NEW.number = OLD.number AND NEW.hash <> OLD.hash)"
_HEAD: Statements = {
    "sqlite": [
        # SQLite's REPLACE deletes rows without asking the trigger that refuses to delete.
        f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
        f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) OR "
        f"EXISTS (SELECT 1 FROM {TABLE} WHERE meeting_id IS NEW.meeting_id AND number = NEW.number) "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
        f"CREATE TRIGGER {TABLE}_head AFTER INSERT ON {TABLE} BEGIN INSERT {_NEW_HEAD} "
        f"VALUES (coalesce(NEW.meeting_id, 'outside'), NEW.number, NEW.hash, 0, 0) {_HEAD_MOVES}; END",
        f"CREATE TRIGGER {HEADS}_only_grows BEFORE UPDATE ON {HEADS} WHEN {_SET_BACK} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
        f"CREATE TRIGGER {HEADS}_no_delete BEFORE DELETE ON {HEADS} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    ],
    "postgresql": [
        f"CREATE FUNCTION {TABLE}_move_head() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT {_NEW_HEAD} "
        f"VALUES (coalesce(replace(NEW.meeting_id::text, '-', ''), 'outside'), NEW.number, NEW.hash, 0, 0) "
        f"{_HEAD_MOVES}; RETURN NULL; END $$",
        f"CREATE TRIGGER {TABLE}_head AFTER INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_move_head()",
        f"CREATE TRIGGER {HEADS}_only_grows BEFORE UPDATE ON {HEADS} "
        f"FOR EACH ROW WHEN ({_SET_BACK}) EXECUTE FUNCTION {TABLE}_refuse()",
        f"CREATE TRIGGER {HEADS}_no_delete BEFORE DELETE ON {HEADS} FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()",
        f"CREATE TRIGGER {HEADS}_no_truncate BEFORE TRUNCATE ON {HEADS} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()",
    ],
}


def triggers_install(connection: BaseDatabaseWrapper) -> None:
    entries_guard(connection)
    heads_install(connection)


def triggers_remove(connection: BaseDatabaseWrapper) -> None:
    heads_remove(connection)
    entries_unguard(connection)


def entries_guard(connection: BaseDatabaseWrapper) -> None:
    """Those that the entries have had from the first version on."""
    _execute(connection, _ENTRIES[connection.vendor])


def entries_unguard(connection: BaseDatabaseWrapper) -> None:
    _remove(connection, _ENTRIES)


def heads_install(connection: BaseDatabaseWrapper) -> None:
    _execute(connection, _HEAD[connection.vendor])


def heads_remove(connection: BaseDatabaseWrapper) -> None:
    _remove(connection, _HEAD)


def triggers_missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of those that are gone, switched off, or not what was installed (as far as the database tells)."""
    statements = [*_ENTRIES[connection.vendor], *_HEAD[connection.vendor]]
    expected = {_name(each): each for each in statements if each.startswith("CREATE TRIGGER")}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            found = {name for name, sql in cursor.fetchall() if expected.get(name) == sql}
        else:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') "
                "AND tgrelid IN (to_regclass(%s), to_regclass(%s))",
                [TABLE, HEADS],
            )
            found = {name for (name,) in cursor.fetchall()}
    return sorted(set(expected) - found)


def _name(statement: str) -> str:
    return statement.split()[2].removesuffix("()")


def _remove(connection: BaseDatabaseWrapper, statements: Statements) -> None:
    """Triggers before the functions that they call."""
    for statement in reversed(statements[connection.vendor]):
        _, kind, name, *_rest = statement.split()
        of_table = f" ON {HEADS if name.startswith(HEADS) else TABLE}"
        is_on_table = kind == "TRIGGER" and connection.vendor == "postgresql"
        _execute(connection, [f"DROP {kind} IF EXISTS {name}{of_table if is_on_table else ''}"])


def _execute(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
