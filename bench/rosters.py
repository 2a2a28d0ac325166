"""Who says what in a benchmark: readers who all speak at once, and a meeting with turns and overlap."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.corpus import PAUSE_S, Recording, SpeakerStream, Spoken, speaker_stream, spoken
from bench.word_times import SpokenWord
from meetings.limits import SAMPLE_RATE_HZ
from streaming.client.audio_files import audio_read

Words = Mapping[str, Sequence[SpokenWord]]


def readers(
    recordings: Mapping[str, Sequence[Recording]], words: Words, *, n_readers: int, seconds: float
) -> list[SpeakerStream]:
    """Each begins with another recording, so that no two say the same at one moment.

    The first four read all they have; when there are more, each reads whole recordings for about `seconds`.
    """
    groups = sorted(recordings.items())
    streams = []
    for number in range(n_readers):
        round_number, place = divmod(number, len(groups))
        speaker, group = groups[place]
        turned = turn(group, round_number)
        if n_readers > len(groups):
            turned = list(_within(turned, seconds))
        streams.append(speaker_stream(f"{speaker} {round_number + 1}", turned, words))
    return streams


def turn(group: Sequence[Recording], by: int) -> list[Recording]:
    first = by % len(group)
    return [*group[first:], *group[:first]]


def _within(recordings: Sequence[Recording], seconds: float) -> Iterator[Recording]:
    """Whole recordings until the time is over; one at least."""
    left_s = seconds
    for recording in recordings:
        if left_s <= 0:
            return
        yield recording
        left_s -= audio_read(recording.path).size / SAMPLE_RATE_HZ + PAUSE_S


def meeting(testdata: Path, words: Words, *, seconds: float) -> list[SpeakerStream]:
    """The tracks of `meeting_simulated/` on their common clock, up to the last utterance that ends within `seconds`."""
    directory = testdata / "meeting_simulated"
    row = json.loads((directory / "manifest.jsonl").read_text())
    segments = [segment for segment in row["segments"] if segment["end"] <= seconds]
    end_s = max(segment["end"] for segment in segments) + PAUSE_S
    streams = []
    for speaker, file in sorted(row["tracks"].items()):
        audio = audio_read(directory / file)[: int(end_s * SAMPLE_RATE_HZ)]
        utterances = []
        for segment in (each for each in segments if each["speaker"] == speaker):
            source = testdata / "read" / f"{segment['utt_id']}.flac"
            recording = Recording(path=source, speaker=speaker, text=segment["text"])
            utterances.append(spoken(recording, audio_read(source), words[source.name], at_s=segment["start"]))
        kept = audio.copy()
        kept[int(_quiet_from_s(utterances) * SAMPLE_RATE_HZ) :] = 0  # an utterance that goes on past the end
        streams.append(SpeakerStream(name=speaker, audio=kept, utterances=tuple(utterances)))
    return streams


def _quiet_from_s(utterances: Sequence[Spoken]) -> float:
    return max((utterance.end_s for utterance in utterances), default=0.0)
