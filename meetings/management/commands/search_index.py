"""`manage.py search_index`: make the search index anew from the transcripts, or rid it of what was deleted."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from meetings.models import SearchLine
from meetings.search.index import index_compact, index_rebuild
from meetings.services.lines_deletion import database_scrub


class Command(BaseCommand):
    help = "Make the search index anew from the transcripts. Others cannot write meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--compact",
            action="store_true",
            help="only rewrite it, so that no word of what was deleted is left in its pages (soon done anyway)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["compact"]:
            index_compact(connection)
            database_scrub()
        else:
            index_rebuild(connection)
        self.stdout.write(f"{SearchLine.objects.count()} lines are indexed.")
