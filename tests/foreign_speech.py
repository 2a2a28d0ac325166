"""Short recordings in other languages than English, with what is said in them."""

import json
from pathlib import Path

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32


def spoken(directory: Path, name: str) -> tuple[Float32, str]:
    """(float32 mono at 16 kHz, its text); `directory` is that of the shared recordings."""
    rows = map(json.loads, (directory / "languages" / "manifest.jsonl").read_text().splitlines())
    text = next(row["text"] for row in rows if row["audio"] == name)
    return audio_read(directory / "languages" / name), text


def letters(text: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in text.lower()).split())
