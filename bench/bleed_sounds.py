"""Microphones that hear other people's voices: real ones of a meeting, and simulated ones in real rooms."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from bench.corpus import SpeakerStream
from meetings.limits import SAMPLE_RATE_HZ, SAMPLES_PER_MS
from streaming.audio.pcm import Float32
from streaming.client.audio_files import audio_read

ROOMS = ("sb_rir1", "sb_rir2")  # measured impulse responses
HISS_DBFS = -65.0  # of a microphone
SOUND = 1e-3  # of a recording without noise
AROUND_S = 0.3  # of a marked word that may belong to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Headset:
    """One channel of a clip, and what its wearer says in it."""

    speaker: str
    audio: Float32
    reference: str
    words_s: tuple[tuple[float, float], ...]  # when each word begins and ends, as people marked it

    def moved(self, n_samples: int) -> Float32:
        """The audio behind so much silence: the same sounds, in other windows of the voice detector."""
        return np.pad(self.audio, (n_samples, 0))

    def only_spoken(self) -> Float32:
        """What somebody who knows when its wearer speaks would cut out: all else is silence, at both ends nothing."""
        is_spoken = np.zeros(self.audio.size, dtype=bool)
        for start_s, end_s in self.words_s:
            is_spoken[
                round(max(0.0, start_s - AROUND_S) * SAMPLE_RATE_HZ) : round((end_s + AROUND_S) * SAMPLE_RATE_HZ)
            ] = True
        found = np.flatnonzero(is_spoken)
        return (self.audio * is_spoken)[found[0] : found[-1] + 1] if found.size else self.audio[:0]


def headsets_read(testdata: Path) -> dict[str, list[Headset]]:
    """The clips of `meeting_headsets`, by name: two people of a real meeting, who hear each other's voice."""
    directory, clips = testdata / "meeting_headsets", {}
    for row in map(json.loads, (directory / "manifest.jsonl").read_text().splitlines()):
        channels, rate_hz = soundfile.read(directory / row["audio"], dtype="float32", always_2d=True)
        if rate_hz != SAMPLE_RATE_HZ:
            raise ValueError("the headsets were recorded at 16 kHz")
        words = sorted((word for word in row["words"] if not word["punc"]), key=lambda word: float(word["start"]))
        clips[Path(row["audio"]).stem] = [
            Headset(
                speaker=speaker,
                audio=np.ascontiguousarray(channels[:, number]),
                reference=" ".join(word["word"] for word in words if word["speaker"] == speaker),
                words_s=tuple(
                    (float(word["start"]), float(word["end"])) for word in words if word["speaker"] == speaker
                ),
            )
            for number, speaker in enumerate(row["channel_speakers"])
        ]
    return clips


def microphones(
    streams: Sequence[SpeakerStream], testdata: Path, *, gain_db: float, delays_ms: Sequence[int], seed: int = 0
) -> dict[str, Float32]:
    """Each speaker's microphone: the own voice, everybody else's `gain_db` weaker and later, and a little hiss.

    Each voice goes to each microphone by a room and a delay of its own.
    """
    rooms = [room_read(testdata / "noise" / f"{name}.flac") for name in ROOMS]
    n_samples = max(stream.audio.size for stream in streams)
    tracks = {each.name: np.pad(each.audio, (0, n_samples - each.audio.size)) for each in streams}
    random = np.random.default_rng(seed)
    heard, number = {}, 0
    for name, own in tracks.items():
        sound = own + random.standard_normal(n_samples).astype(np.float32) * np.float32(10 ** (HISS_DBFS / 20))
        for other, voice in tracks.items():
            if other != name:
                delay_ms = delays_ms[number % len(delays_ms)]
                sound += leaked(voice, rooms[number % len(rooms)], gain_db=gain_db, delay_ms=delay_ms)
                number += 1
        heard[name] = np.clip(sound, -1, 1).astype(np.float32)
    return heard


def room_read(path: Path) -> Float32:
    """An impulse response from the direct sound on."""
    response = audio_read(path)
    return response[max(0, int(np.abs(response).argmax()) - 8) :]


def leaked(voice: Float32, room: Float32, *, gain_db: float, delay_ms: int) -> Float32:
    """What is left of a voice elsewhere in the room: as loud over all as it was, and `gain_db` more."""
    n = 1 << (voice.size + room.size - 1).bit_length()
    sound = np.fft.irfft(np.fft.rfft(voice, n) * np.fft.rfft(room, n), n)[: voice.size]
    spoken = np.abs(voice) > SOUND
    if spoken.any():
        sound *= np.sqrt(np.square(voice[spoken]).mean() / np.square(sound[spoken]).mean()) * 10 ** (gain_db / 20)
    delay = delay_ms * SAMPLES_PER_MS
    late: Float32 = np.pad(sound, (delay, 0))[: voice.size].astype(np.float32)
    return late


def plainly_gated(microphones: Mapping[str, Float32]) -> dict[str, Float32]:
    """The obvious gate, to compare with: heard while at least as loud as all others, and 200 ms longer."""
    levels = {name: _smoothed_power(audio) for name, audio in microphones.items()}
    gated = {}
    for name, audio in microphones.items():
        others = np.max([power for other, power in levels.items() if other != name], axis=0)
        is_heard = np.convolve(levels[name] >= others, np.ones(11))[: others.size] > 0
        open_for = np.repeat(is_heard, 320)
        gated[name] = audio * np.pad(open_for, (0, audio.size - open_for.size), mode="edge")
    return gated


def _smoothed_power(audio: Float32) -> Float32:
    """Of 20 ms, over 100."""
    blocks = audio[: audio.size // 320 * 320].reshape(-1, 320)
    smoothed: Float32 = np.convolve(np.square(blocks).mean(axis=1), np.ones(5) / 5, "same").astype(np.float32)
    return smoothed
