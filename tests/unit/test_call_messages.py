"""The dialects of telephone services: what is documented is understood, nothing else passes or crashes."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import BadMessage, FrameTooLarge, StreamError, UnexpectedText
from streaming.ingest.call_json import MAX_CALL_MESSAGE_BYTES
from streaming.ingest.call_messages import (
    CallAudio,
    CallFormat,
    CallOther,
    CallStart,
    CallStop,
    Dialect,
    format_parse,
)
from streaming.ingest.teler import TelerDialect
from streaming.ingest.twilio import TwilioDialect

TELER, TWILIO = TelerDialect(), TwilioDialect()
L16 = CallFormat(encoding="l16", rate_hz=8_000)
MULAW = CallFormat(encoding="mulaw", rate_hz=8_000)
AUDIO = base64.b64encode(b"\x01\x02").decode()

TELER_START = {
    "type": "start", "account_id": "a", "call_app_id": "b", "call_id": "c", "stream_id": "d", "message_id": 1,
    "data": {"encoding": "audio/l16", "sample_rate": 8_000, "channels": 1},
}  # fmt: skip
TWILIO_START = {
    "event": "start", "sequenceNumber": "1", "streamSid": "MZ1",
    "start": {
        "accountSid": "AC1", "streamSid": "MZ1", "callSid": "CA1", "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1},
        "customParameters": {"name": "Ada", "caller": "1234", "other": "x"},
    },
}  # fmt: skip
NAMES = [
    "type", "event", "call_id", "stream_id", "message_id", "data", "encoding", "sample_rate", "channels", "audio_b64",
    "sequenceNumber", "streamSid", "start", "callSid", "mediaFormat", "customParameters", "media", "track", "chunk",
    "timestamp", "payload",
]  # fmt: skip
TYPES = ["start", "audio", "stop", "connected", "media", "mark", "dtmf"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["1", AUDIO]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=16,
)


def parsed_or_refused(dialect: Dialect, text: str) -> None:
    try:
        dialect.parse(text)
    except StreamError as error:
        answer = dialect.problem(stream_id="", problem=error.as_problem(), is_fatal=False)
        json.dumps(answer, allow_nan=False)


@given(st.sampled_from([TELER, TWILIO]), st.text(st.characters(categories=["L", "N", "P", "Z", "C"])))
def test_arbitrary_text_raises_nothing_but_stream_errors(dialect: Dialect, text: str) -> None:
    parsed_or_refused(dialect, text)


@given(
    st.sampled_from([TELER, TWILIO]),
    st.sampled_from(TYPES) | anything,
    st.dictionaries(st.sampled_from(NAMES), anything),
)
def test_messages_with_any_fields_raise_nothing_but_stream_errors(
    dialect: Dialect, kind: object, fields: dict[str, Any]
) -> None:
    parsed_or_refused(dialect, json.dumps({**fields, "type": kind, "event": kind}))


def test_teler_s_documented_messages_are_understood() -> None:
    assert TELER.parse(json.dumps(TELER_START)) == CallStart(call_id="c", stream_id="d", number=1, format=L16)
    audio = {"type": "audio", "stream_id": "d", "message_id": 2, "data": {"audio_b64": AUDIO}}
    assert TELER.parse(json.dumps(audio)) == CallAudio(stream_id="d", number=2, payload=b"\x01\x02")


def test_teler_s_flat_audio_is_understood() -> None:
    flat = {"type": "audio", "audio_b64": AUDIO, "chunk_id": 4}
    assert TELER.parse(json.dumps(flat)) == CallAudio(payload=b"\x01\x02")


def test_twilio_s_documented_messages_are_understood() -> None:
    assert TWILIO.parse('{"event":"connected","protocol":"Call","version":"1.0.0"}') == CallOther()
    start = CallStart(call_id="CA1", stream_id="MZ1", number=1, format=MULAW, name="Ada", caller="1234")
    assert TWILIO.parse(json.dumps(TWILIO_START)) == start
    media: dict[str, Any] = {"track": "inbound", "chunk": "2", "timestamp": "25", "payload": AUDIO}
    message = {"event": "media", "sequenceNumber": "3", "streamSid": "MZ1", "media": media}
    assert TWILIO.parse(json.dumps(message)) == CallAudio(
        stream_id="MZ1", number=3, audio_number=2, timestamp_ms=25, payload=b"\x01\x02"
    )
    stop = {"event": "stop", "sequenceNumber": "5", "streamSid": "MZ1", "stop": {"callSid": "CA1"}}
    assert TWILIO.parse(json.dumps(stop)) == CallStop(stream_id="MZ1", number=5)
    for kind in ("mark", "dtmf", "news"):
        said = {"event": kind, "sequenceNumber": "4", "streamSid": "MZ1"}
        assert TWILIO.parse(json.dumps(said)) == CallOther(stream_id="MZ1", number=4)


def test_what_the_caller_hears_is_not_taken_for_what_the_caller_says() -> None:
    media = {"track": "outbound", "chunk": "2", "timestamp": "25", "payload": AUDIO}
    message = {"event": "media", "sequenceNumber": "3", "streamSid": "MZ1", "media": media}
    assert TWILIO.parse(json.dumps(message)) == CallOther(stream_id="MZ1", number=3)


@pytest.mark.parametrize(
    ("dialect", "text", "error"),
    [
        (TELER, "", UnexpectedText),
        (TELER, "[1]", UnexpectedText),
        (TELER, AUDIO, UnexpectedText),
        (TELER, "{}", BadMessage),
        (TELER, '{"type":"audio"}', BadMessage),
        (TELER, '{"type":"audio","data":{"audio_b64":"not base64"}}', BadMessage),
        (TELER, '{"type":"audio","message_id":-1,"audio_b64":""}', BadMessage),
        (TELER, '{"type":"audio","message_id":1.5,"audio_b64":""}', BadMessage),
        (TELER, '{"type":"audio","message_id":true,"audio_b64":""}', BadMessage),
        (TELER, '{"type":"start"}', BadMessage),
        (TELER, json.dumps(TELER_START | {"data": {"encoding": "audio/opus"}}), BadMessage),
        (TELER, json.dumps(TELER_START | {"data": {"sample_rate": 44_100}}), BadMessage),
        (TELER, json.dumps(TELER_START | {"data": {"channels": 2}}), BadMessage),
        (TELER, json.dumps(TELER_START | {"call_id": ""}), BadMessage),
        (TELER, json.dumps(TELER_START | {"call_id": "c\0"}), BadMessage),
        (TWILIO, '{"event":"start","start":{"callSid":"\\u0000","streamSid":"MZ1"}}', BadMessage),
        (TELER, json.dumps({"type": "audio", "audio_b64": "A" * MAX_CALL_MESSAGE_BYTES}), FrameTooLarge),
        (TWILIO, '{"type":"media"}', BadMessage),
        (TWILIO, '{"event":"media"}', BadMessage),
        (TWILIO, '{"event":"media","media":{"payload":5}}', BadMessage),
        (TWILIO, '{"event":"media","media":{"payload":"","timestamp":"soon"}}', BadMessage),
        (TWILIO, '{"event":"start","start":{"callSid":"CA1"}}', BadMessage),
    ],
)
def test_what_is_wrong_is_refused_and_never_repeated(dialect: Dialect, text: str, error: type[StreamError]) -> None:
    with pytest.raises(error) as refusal:
        dialect.parse(text)
    assert "not base64" not in refusal.value.detail.replace("is not base64", "")
    assert "soon" not in refusal.value.detail


def test_teler_is_told_audio_in_both_forms() -> None:
    message = TELER.voice(stream_id="d", payload=b"\x01\x02", chunk=3)
    assert message["type"] == "audio"
    assert message["data"] == {"audio_b64": AUDIO, "chunk_id": 3}
    assert (message["audio_b64"], message["chunk_id"]) == (AUDIO, 3)
    assert TELER.parse(json.dumps(message)) == CallAudio(payload=b"\x01\x02")


def test_teler_interrupts_what_plays_and_clears_what_waits() -> None:
    assert TELER.hush(stream_id="d", chunks=[3, 4]) == [
        {"type": "interrupt", "chunk_id": 3},
        {"type": "interrupt", "chunk_id": 4},
        {"type": "clear"},
    ]


def test_twilio_is_told_media_and_clear_of_its_stream() -> None:
    media = {"event": "media", "streamSid": "MZ1", "media": {"payload": AUDIO}}
    assert TWILIO.voice(stream_id="MZ1", payload=b"\x01\x02", chunk=3) == media
    assert TWILIO.hush(stream_id="MZ1", chunks=[3]) == [{"event": "clear", "streamSid": "MZ1"}]


@pytest.mark.parametrize("name", ["audio/l16", "audio/L16", "audio/x-mulaw", "audio/PCMU"])
@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_both_encodings_are_taken_at_both_rates(name: str, rate_hz: int) -> None:
    format = format_parse(encoding=name, rate_hz=rate_hz, channels=1)
    samples = np.array([0.0, 0.5, -0.5, 0.25], np.float32)
    assert format.decode(format.encode(samples)) == pytest.approx(samples, abs=0.02)
    assert len(format.encode(samples)) == (8 if "16" in name else 4)


def test_linear_samples_are_little_endian() -> None:
    """As Teler's own bridges read and write them."""
    assert L16.decode(b"\x00\x40").tolist() == [0.5]
    assert L16.encode(np.array([0.5], np.float32)) == b"\x00\x40"


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(BadMessage):
        L16.decode(b"\x00")
