"""`manage.py transcribe`: recordings to a transcript on stdout, without a server."""

import asyncio
import json
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from meetings.exports.cues import Cue
from meetings.exports.plain import plain_text
from meetings.exports.subrip import subrip
from meetings.exports.webvtt import webvtt
from streaming.client.audio_files import audio_read
from streaming.client.errors import AudioFileError
from streaming.offline import Line, Transcription, recordings_transcribe
from streaming.recognizers.base import Float32, LanguageUnsupported, RecognizerError
from streaming.runtime import pool_of_settings

FORMATS: dict[str, Callable[[list[Cue]], str]] = {
    "vtt": webvtt,
    "srt": subrip,
    "txt": partial(plain_text, title="", started_at=None),
}


class Command(BaseCommand):
    help = "Transcribes recordings that share a clock, one for each speaker, and prints the transcript."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=[*FORMATS, "json"], default="vtt")
        parser.add_argument("--language", default="en")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        paths: list[Path] = options["files"]
        if len({path.stem for path in paths}) < len(paths):
            raise CommandError("Each file is one speaker, named after it: two files have the same name.")
        try:
            recordings = {path.stem: audio_read(path) for path in paths}
            transcription = asyncio.run(_transcribe(recordings, options["language"]))
        except (AudioFileError, RecognizerError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_rendered(transcription.lines, options["format"]), ending="")
        for lost in transcription.lost:
            seconds = (lost.end_ms - lost.start_ms) / 1_000
            self.stderr.write(f"{seconds:.1f} s of {lost.speaker} could not be transcribed ({lost.reason}).")
        if transcription.lost:
            raise SystemExit(1)


async def _transcribe(recordings: dict[str, Float32], language: str) -> Transcription:
    pool = await pool_of_settings()
    if not pool.supports(language):
        names = ", ".join(pool.names)
        raise LanguageUnsupported(f"None of the speech models ({names}) knows the language {language}.")
    await pool.start()
    try:
        return await recordings_transcribe(recordings, pool=pool, language=language)
    finally:
        await pool.close()


def _rendered(lines: list[Line], format_name: str) -> str:
    if format_name == "json":
        segments = [{**asdict(line), "segment_id": str(line.segment_id)} for line in lines]
        return json.dumps({"segments": segments}, ensure_ascii=False, indent=2) + "\n"
    cues = [
        Cue(id=str(line.segment_id), start_ms=line.start_ms, end_ms=line.end_ms, speaker=line.speaker, text=line.text)
        for line in lines
    ]
    return FORMATS[format_name](cues)
