"""`manage.py speak`: join a meeting as a headless participant and stream recordings into it."""

import asyncio
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from meetings.limits import KNOWN_CONSENT, REQUIRED_CONSENT, SAMPLE_RATE_HZ
from streaming.client.audio_files import audio_read
from streaming.client.errors import ClientError
from streaming.client.events import Caption, Event, Warned
from streaming.client.meeting import Meeting, SessionOptions
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
        async with Meeting.join(
            options["url"],
            options["meeting"],
            name=options["name"],
            language=options["language"],
            api_token=options["token"],
            options=SessionOptions(
                has_partials=options["partials"] or options["json"],
                agrees_to=KNOWN_CONSENT if options["record"] else REQUIRED_CONSENT,
                on_interrupted=lambda: self.stderr.write("The connection is lost; trying again. What is said is kept."),
            ),
        ) as me:
            scope.spawn(audio_capture(me, audio, speed=options["speed"]), name="capture")
            try:
                async for event in me.events():
                    self._show(event, as_json=options["json"], has_partials=options["partials"])
            finally:
                await scope.close()

    def _show(self, event: Event, *, as_json: bool, has_partials: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(event.message, ensure_ascii=False))
        match event:
            case _ if as_json:
                pass
            case Caption(state="partial", start_ms=at_ms, speaker=speaker, text=text) if has_partials:
                self.stdout.write(f"{_clock(at_ms)}  {speaker} … {text}")
            case Caption(state="final" | "corrected", start_ms=at_ms, speaker=speaker, text=text):
                self.stdout.write(f"{_clock(at_ms)}  {speaker}: {text}")
            case Warned(code=code):
                self.stderr.write(f"The server warns: {code}")
        self.stdout.flush()


class Capturing(Protocol):
    """Whatever takes what a microphone gives."""

    async def write(self, samples: Float32) -> None: ...
    async def end(self) -> None: ...


async def audio_capture(me: Capturing, audio: Float32, *, speed: float) -> None:
    """Give the meeting its audio as a microphone would, `speed` times as fast; 0: all at once, it keeps the pace."""
    if speed == 0:
        await me.write(audio)
        await me.end()
        return
    clock = asyncio.get_running_loop().time
    started_s, position = clock(), 0
    while position < audio.size:
        captured = min(audio.size, int((clock() - started_s) * speed * SAMPLE_RATE_HZ))
        await me.write(audio[position:captured])
        position = captured
        await asyncio.sleep(WRITE_EVERY_S / max(1.0, speed))
    await me.end()


def recordings_join(recordings: list[Float32]) -> Float32:
    pause = np.zeros(int(BETWEEN_FILES_S * SAMPLE_RATE_HZ), np.float32)
    parts = [part for recording in recordings for part in (recording, pause)]
    return np.concatenate(parts[:-1])


def _clock(at_ms: int) -> str:
    minutes, seconds = divmod(at_ms / 1_000, 60)
    return f"[{int(minutes):02}:{seconds:04.1f}]"
