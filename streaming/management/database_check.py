"""What commands that cannot do without the database ask first."""

from django.core.management.base import CommandError
from django.db import OperationalError, connection


def database_check() -> None:
    """Raises CommandError when nothing answers under DATABASE_URL."""
    try:
        connection.ensure_connection()
    except OperationalError as problem:
        raise CommandError("The database does not answer: check DATABASE_URL.") from problem
    finally:
        connection.close()
