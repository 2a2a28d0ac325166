"""`manage.py serve`: one web node (pages, REST, sockets and its recognizer processes)."""

from argparse import ArgumentParser
from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from streaming.management.database_check import database_check
from streaming.recognizers.base import RecognizerError
from streaming.runtime import runtime_start, runtime_stop
from streaming.server import ListenFailed, NodeServer

STOP_SECONDS = 25.0  # what orchestrators grant (30 s) less the time to close sockets


class Command(BaseCommand):
    help = "Runs one web node in the foreground."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        database_check()
        server = NodeServer(
            application=get_default_application(),
            host=host,
            port=port,
            is_behind_proxy=settings.BEHIND_PROXY,
            max_connections=settings.MAX_CONNECTIONS,
            on_start=runtime_start,
            on_stop=runtime_stop,
            on_listening=lambda: self._say_ready(host, port),
            stop_seconds=STOP_SECONDS,
        )
        try:
            server.run()
        except ListenFailed as problem:
            raise CommandError(f"{problem} Set PORT to a free one, or stop what uses it.") from problem
        except RecognizerError as problem:
            raise CommandError(str(problem)) from problem

    def _say_ready(self, host: str, port: int) -> None:
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  compared, not listened on
        self.stdout.write(self.style.SUCCESS(f"Colloquy is ready: http://{shown}:{port} (Ctrl-C stops it)."))
        self.stdout.flush()
