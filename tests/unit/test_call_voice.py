"""What a caller hears: as the service plays it, in real time, and not beyond an interruption."""

import base64
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.resampler import Resampler
from streaming.consumers.call_ear import CallEar
from streaming.conversation import Heard
from streaming.ingest.call_messages import CallFormat, CallStart, Dialect
from streaming.ingest.call_voice import MOST_AHEAD_S, CallVoice
from streaming.ingest.teler import TelerDialect
from streaming.ingest.twilio import TwilioDialect

MULAW = CallFormat(encoding="mulaw", rate_hz=8_000)
WIDE = CallFormat(encoding="l16", rate_hz=16_000)
BLOCK = 320  # 20 ms


def tone(n_samples: int, *, hz: float = 440) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(n_samples) / 16_000)).astype(np.float32)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_blocks_of_any_size_give_the_chunks_of_one_stream(sizes: list[int]) -> None:
    audio = tone(sum(sizes))
    voice, chunks, start = CallVoice(format=MULAW, chunk_ms=20), [], 0
    for size in sizes:
        chunks += voice.put(audio[start : start + size], position=start, now_s=start / 16_000)
        start += size
    straight = MULAW.encode(Resampler(16_000, 8_000).process(audio))
    assert {len(chunk.payload) for chunk in chunks} <= {160}
    assert b"".join(chunk.payload for chunk in chunks) == straight[: len(chunks) * 160]
    assert len(straight) - len(chunks) * 160 < 160


def test_a_chunk_lasts_as_long_as_the_service_wants() -> None:
    voice = CallVoice(format=WIDE, chunk_ms=500)
    chunks = [chunk for at in range(100) for chunk in voice.put(tone(BLOCK), position=at * BLOCK, now_s=at / 50)]
    assert [chunk.number for chunk in chunks] == [1, 2, 3, 4]
    assert {len(chunk.payload) for chunk in chunks} == {16_000}


def test_silence_is_not_sent() -> None:
    voice = CallVoice(format=MULAW, chunk_ms=20)
    assert [voice.put(np.zeros(BLOCK, np.float32), position=at * BLOCK, now_s=at / 50) for at in range(50)] == [[]] * 50


def test_what_would_be_heard_late_is_dropped_until_the_service_has_caught_up() -> None:
    """A burst after a stall of ours, which would otherwise delay every later voice."""
    voice = CallVoice(format=MULAW, chunk_ms=20)
    burst = voice.put(tone(3 * 16_000), position=0, now_s=0.0)
    assert MOST_AHEAD_S <= len(burst) * 0.02 <= MOST_AHEAD_S + 0.04
    assert voice.n_dropped > 0
    assert voice.put(tone(BLOCK), position=3 * 16_000, now_s=0.0) == []
    assert len(voice.put(tone(BLOCK), position=3 * 16_000 + BLOCK, now_s=0.5)) == 1


def test_after_an_interruption_nothing_of_what_was_said_is_sent_any_more() -> None:
    voice = CallVoice(format=WIDE, chunk_ms=500)
    first = voice.put(tone(8_000 + 4_000), position=0, now_s=0.0)
    assert voice.interrupt(now_s=0.1) == [chunk.number for chunk in first] == [1]
    later = voice.put(tone(8_000, hz=1_000), position=12_000, now_s=0.2)
    assert later[0].payload == WIDE.encode(tone(8_000, hz=1_000))


def test_what_has_been_played_is_not_interrupted() -> None:
    voice = CallVoice(format=WIDE, chunk_ms=500)
    voice.put(tone(8_000), position=0, now_s=0.0)
    voice.put(tone(8_000), position=8_000, now_s=0.5)
    assert voice.interrupt(now_s=0.6) == [2]


def test_a_short_pause_of_the_mix_is_a_pause_to_the_caller_too() -> None:
    """A node that was held up gives out no blocks for that time."""
    voice = CallVoice(format=WIDE, chunk_ms=500)
    voice.put(tone(4_000), position=0, now_s=0.25)
    [chunk] = voice.put(tone(2_000), position=6_000, now_s=0.5)
    assert chunk.payload == WIDE.encode(np.concatenate([tone(4_000), np.zeros(2_000, np.float32), tone(2_000)]))


def test_what_was_collected_before_nobody_spoke_is_not_said_after_it() -> None:
    voice = CallVoice(format=WIDE, chunk_ms=500)
    voice.put(tone(4_000), position=0, now_s=0.25)
    assert voice.put(tone(8_000), position=400_000, now_s=25.0)[0].payload == WIDE.encode(tone(8_000))


class Told:
    def __init__(self, dialect: Dialect, format: CallFormat) -> None:
        self.messages: list[Any] = []
        self.is_writable = True
        self.now_s = 0.0
        self.ear = CallEar(
            dialect=dialect,
            start=CallStart(call_id="c", stream_id="MZ1", format=format),
            say=self.messages.append,
            is_writable=lambda: self.is_writable,
            clock=lambda: self.now_s,
        )


def test_twilio_is_sent_the_room_as_mulaw_and_told_to_clear() -> None:
    told = Told(TwilioDialect(), MULAW)
    told.ear.hear(Heard(0, tone(BLOCK)))
    told.ear.hear(Heard(BLOCK, tone(BLOCK)))
    told.ear.interrupt()
    *media, clear = told.messages
    assert {(each["event"], each["streamSid"]) for each in media} == {("media", "MZ1")}
    assert {len(base64.b64decode(each["media"]["payload"])) for each in media} == {160}
    assert clear == {"event": "clear", "streamSid": "MZ1"}


def test_teler_is_sent_half_seconds_and_told_which_of_them_to_drop() -> None:
    told = Told(TelerDialect(), WIDE)
    for at in range(60):
        told.ear.hear(Heard(at * BLOCK, tone(BLOCK)))
    told.ear.interrupt()
    assert [each["type"] for each in told.messages] == ["audio", "audio", "interrupt", "interrupt", "clear"]
    assert [each["chunk_id"] for each in told.messages[:4]] == [1, 2, 1, 2]


@pytest.mark.parametrize("dialect", [TelerDialect(), TwilioDialect()])
def test_a_service_that_does_not_read_is_sent_nothing(dialect: Dialect) -> None:
    told = Told(dialect, MULAW)
    told.is_writable = False
    for at in range(60):
        told.ear.hear(Heard(at * BLOCK, tone(BLOCK)))
    assert told.messages == []
