"""`manage.py speak`: join a meeting as a headless participant and stream recordings into it."""

import asyncio
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from meetings.limits import KNOWN_CONSENT, REQUIRED_CONSENT, SAMPLE_RATE_HZ
from streaming.client.audio_files import audio_read
from streaming.client.errors import ClientError
from streaming.client.rest import Rest
from streaming.client.session import AudioSession
from streaming.recognizers.base import Float32
from streaming.tasks import TaskScope

WRITE_EVERY_S = 0.1
BETWEEN_FILES_S = 1.0  # longer than the silence that ends an utterance, so that two recordings never become one


class Command(BaseCommand):
    help = "Joins a meeting, streams recordings (WAV, FLAC; any rate and channel count), prints its captions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="of the server, for example http://127.0.0.1:8000")
        parser.add_argument("--meeting", required=True, help="the meeting's code, or its link")
        parser.add_argument("--name", required=True, help="shown to the others")
        parser.add_argument("--language", default="", help="that is spoken, as a tag like de-AT; else the meeting's")
        parser.add_argument("--record", action="store_true", help="agree to be recorded, where the meeting is")
        parser.add_argument("--speed", type=float, default=1.0, help="1 is real time; 0 is as fast as granted")
        parser.add_argument("--token", default="", help="an API token; none is needed to join by code")
        parser.add_argument("--partials", action="store_true", help="print unfinished sentences too")
        parser.add_argument("--json", action="store_true", help="print the server's messages as JSON lines")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["speed"] < 0:
            raise CommandError("--speed is 0 or more.")
        try:
            audio = recordings_join([audio_read(path) for path in options["files"]])
            asyncio.run(self._speak(audio, options))
        except ClientError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted; what was not sent is lost.") from None

    async def _speak(self, audio: Float32, options: dict[str, Any]) -> None:
        scope = TaskScope("speak")
        async with Rest(options["url"].rstrip("/"), api_token=options["token"]) as rest:
            admission = await rest.join(
                meeting_code(options["meeting"]), display_name=options["name"], language=options["language"]
            )
            async with AudioSession(
                rest,
                admission,
                wants_partials=options["partials"] or options["json"],
                agrees_to=KNOWN_CONSENT if options["record"] else REQUIRED_CONSENT,
                on_interrupted=lambda: self.stderr.write("The connection is lost; trying again. What is said is kept."),
            ) as session:
                scope.spawn(audio_capture(session, audio, speed=options["speed"]), name="capture")
                try:
                    async for message in session.messages():
                        self._show(message, options)
                finally:
                    await scope.close()

    def _show(self, message: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(message, ensure_ascii=False))
        elif message["type"] == "segment":
            segment = message["segment"]
            if segment["state"] == "partial" and options["partials"]:
                self.stdout.write(f"{_clock(segment['start_ms'])}  {segment['speaker']} … {segment['text']}")
            elif segment["state"] in ("final", "corrected"):
                self.stdout.write(f"{_clock(segment['start_ms'])}  {segment['speaker']}: {segment['text']}")
        elif message["type"] == "warning":
            self.stderr.write(f"The server warns: {message['code']}")
        self.stdout.flush()


async def audio_capture(session: AudioSession, audio: Float32, *, speed: float) -> None:
    """Give the session its audio as a microphone would, `speed` times as fast; 0: all at once, it keeps the pace."""
    if speed == 0:
        await session.write(audio)
        await session.end()
        return
    clock = asyncio.get_running_loop().time
    started_s, position = clock(), 0
    while position < audio.size:
        captured = min(audio.size, int((clock() - started_s) * speed * SAMPLE_RATE_HZ))
        await session.write(audio[position:captured])
        position = captured
        await asyncio.sleep(WRITE_EVERY_S / max(1.0, speed))
    await session.end()


def meeting_code(text: str) -> str:
    """The code itself, or the code within a link to the meeting's page."""
    return text.partition("/m/")[2].split("/")[0] if "/m/" in text else text


def recordings_join(recordings: list[Float32]) -> Float32:
    pause = np.zeros(int(BETWEEN_FILES_S * SAMPLE_RATE_HZ), np.float32)
    parts = [part for recording in recordings for part in (recording, pause)]
    return np.concatenate(parts[:-1])


def _clock(at_ms: int) -> str:
    minutes, seconds = divmod(at_ms / 1_000, 60)
    return f"[{int(minutes):02}:{seconds:04.1f}]"
