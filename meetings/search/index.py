"""Makes, checks and renews the index of whichever database is used."""

from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meetings.search import postgresql_index, sqlite_index
from meetings.search.sqlite_index import LINE

_MODULES: dict[str, Any] = {"sqlite": sqlite_index, "postgresql": postgresql_index}


def index_install(connection: BaseDatabaseWrapper) -> None:
    _MODULES[connection.vendor].index_install(connection)


def index_remove(connection: BaseDatabaseWrapper) -> None:
    _MODULES[connection.vendor].index_remove(connection)


def index_rebuild(connection: BaseDatabaseWrapper) -> None:
    """Anew from the segments, in one transaction."""
    with transaction.atomic(using=connection.alias):
        index_remove(connection)
        index_install(connection)


def index_ensure(connection: BaseDatabaseWrapper) -> bool:
    """Puts back what is missing of the index, or is of another version. Whether something was."""
    if LINE not in connection.introspection.table_names() or _MODULES[connection.vendor].index_is_installed(connection):
        return False
    index_rebuild(connection)
    return True


def index_compact(connection: BaseDatabaseWrapper) -> None:
    """Removes what deleted lines left in the index's pages. PostgreSQL's own vacuum does so there."""
    if connection.vendor == "sqlite":
        sqlite_index.index_compact(connection)


def index_scrub(connection: BaseDatabaseWrapper) -> bool:
    """The same, if anything was deleted for good since. Whether it was."""
    return connection.vendor == "sqlite" and sqlite_index.index_scrub(connection)


def index_after_migrate(*, using: str, **_: object) -> None:
    """SQLite forgets a table's triggers when a migration remakes the table."""
    index_ensure(connections[using])
