"""`manage.py api_token NAME`: make an API token for a service account; the token stands alone on stdout."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from meetings.errors import MeetingsError
from meetings.services.tokens import api_token_create


class Command(BaseCommand):
    help = "Make an API token for a service account (created if missing) and print it. It is not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="of the service account")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            token = api_token_create(name=options["name"])
        except MeetingsError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(token)
