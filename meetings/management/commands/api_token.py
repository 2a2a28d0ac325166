"""`manage.py api_token NAME`: make an API token for a service account; the token stands alone on stdout."""

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from meetings.errors import MeetingsError
from meetings.models import ApiToken
from meetings.services.tokens import api_token_create

DAYS_MAX = 36_500


class Command(BaseCommand):
    help = "Make an API token for a service account (created if missing) and print it. It is not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="of the service account")
        parser.add_argument(
            "--scope",
            choices=ApiToken.Scope.values,
            default=ApiToken.Scope.ADMIN.value,
            help="what it may do, each including those before it: read, write, admin (default: admin)",
        )
        parser.add_argument(
            "--expires-days", type=_days, metavar="DAYS", help="after how many days it stops working (default: never)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days: int | None = options["expires_days"]
        try:
            token = api_token_create(
                name=options["name"],
                scope=options["scope"],
                expires_in=None if days is None else timedelta(days=days),
            )
        except MeetingsError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(token)


def _days(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= DAYS_MAX:
        raise ArgumentTypeError(f"a whole number of days from 1 to {DAYS_MAX}")
    return int(text)
