"""`manage.py run`: everything on this machine, from an empty data directory to a served meeting page."""

import asyncio
import secrets
import signal
import socket
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from streaming.management.database_check import database_check
from streaming.supervisor import Child, ChildFailed, Supervisor


class Command(BaseCommand):
    help = "Prepares and runs everything: one web node and one worker, until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._port_check()
            database_check()
            self._say(f"Speech models {', '.join(settings.SPEECH_MODELS)}:")
            call_command("speech_model", stdout=self.stdout)
            self._say(f"Database: bringing it up to date (data is kept in {settings.DATA_DIR}).")
            call_command("migrate", verbosity=0, interactive=False)
            self._admin_create()
            self._say("Starting the web node and the worker.")
            asyncio.run(self._supervise())
        except KeyboardInterrupt:
            raise CommandError("Interrupted before everything was ready.", returncode=130) from None
        except ChildFailed as problem:
            raise CommandError(f"The {problem} did not start; its reason stands above.") from None
        self._say("Stopped.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()  # into a pipe or a journal too, in order with what the children say

    def _port_check(self) -> None:
        family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.HOST, settings.PORT))
            except OSError as problem:
                raise CommandError(
                    f"Port {settings.PORT} on {settings.HOST} cannot be used ({problem.strerror}): "
                    f"stop what uses it, or choose another, for example PORT={settings.PORT + 1}."
                ) from problem

    def _admin_create(self) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        users.create_superuser(username="admin", password=password)
        self._say(
            self.style.SUCCESS(f"Admin login (shown this once): user admin, password {password}")
            + "\n  Change it with: .venv/bin/python manage.py changepassword admin"
        )

    async def _supervise(self) -> None:
        supervisor = Supervisor([_web(), _worker()])
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, supervisor.stop)
        await supervisor.run()


def _web() -> Child:
    return Child(
        name="web node",
        arguments=(sys.executable, "manage.py", "serve"),
        directory=settings.BASE_DIR,
        stop_seconds=30,
        is_vital=True,
    )


def _worker() -> Child:
    schedule = settings.DATA_DIR / "queue" / "beat-schedule"
    schedule.parent.mkdir(exist_ok=True)
    return Child(
        name="worker",
        arguments=(
            # Celery warns at length when it runs as root, as it does in containers.
            *(sys.executable, "-W", "ignore:::celery.platforms"),
            *("-m", "celery", "--app", "config", "--quiet", "worker", "--beat"),
            *("--concurrency", "1", "--loglevel", "WARNING", "--schedule", str(schedule)),
            *("--without-gossip", "--without-mingle"),
        ),
        directory=settings.BASE_DIR,
        stop_seconds=10,
        is_vital=False,
    )
