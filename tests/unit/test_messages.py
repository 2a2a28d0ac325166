"""The parser of control messages: documented messages are understood, nothing else passes or crashes it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.limits import STREAM_LIMITS
from streaming.errors import BadMessage, FrameTooLarge, StreamError, UnexpectedText, UnknownCodec, WrongRate
from streaming.protocol.client_messages import (
    MAX_MESSAGE_BYTES,
    Consent,
    End,
    Finalize,
    Hello,
    HelloResume,
    Mute,
    Ping,
    message_parse,
)
from streaming.protocol.server_messages import error_message

TYPES = ["hello", "mute", "finalize", "ping", "consent", "end"]
FIELDS = [
    "audio",
    "want",
    "resume",
    "on",
    "cid",
    "t",
    "granted",
    "position",
    "codec",
    "rate",
    "token",
    "after_seq",
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("pcm_s16le"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)
any_text = st.text(st.characters(categories=["L", "N", "P", "Z", "C"]))


def parsed_or_refused(text: str) -> None:
    try:
        message_parse(text)
    except StreamError as error:
        json.dumps(error_message(problem=error.as_problem(), is_fatal=True), allow_nan=False)


@given(any_text)
def test_arbitrary_text_raises_nothing_but_stream_errors(text: str) -> None:
    parsed_or_refused(text)


@given(st.sampled_from([*TYPES, "unknown"]) | anything, st.dictionaries(st.sampled_from(FIELDS), anything))
def test_arbitrary_json_raises_nothing_but_stream_errors(name: Any, fields: dict[str, Any]) -> None:
    parsed_or_refused(json.dumps({"type": name, **fields}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[" * 10_000,
        "\ud800",
        '{"type":"ping","t":' + "9" * 10_000 + "}",
        "null",
        '"audio"',
        '{"t":NaN}',
        "UklGRg==",
    ],
)
def test_text_where_audio_belongs_closes_with_4400(text: str) -> None:
    with pytest.raises(UnexpectedText) as caught:
        message_parse(text)
    assert (caught.value.code, caught.value.close_code) == ("unexpected_text", 4400)


def test_hello_as_documented() -> None:
    text = """{"type":"hello","audio":{"codec":"pcm_s16le","rate":16000},
        "want":{"captions":"own","partials":false,"listen":false},"resume":{"token":"abc","after_seq":412}}"""
    hello = message_parse(text)
    assert isinstance(hello, Hello)
    assert (hello.want.captions, hello.want.partials) == ("own", False)
    assert hello.resume == HelloResume(token="abc", after_seq=412)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"mute","on":true}', Mute(on=True)),
        ('{"type":"finalize","cid":"7"}', Finalize(cid="7")),
        ('{"type":"finalize"}', Finalize(cid=None)),
        ('{"type":"ping","t":1.5}', Ping(t=1.5)),
        ('{"type":"consent","granted":["captions"]}', Consent(granted=("captions",))),
        ('{"type":"end","position":1234567}', End(position=1_234_567)),
    ],
)
def test_each_message_as_documented(text: str, message: object) -> None:
    assert message_parse(text) == message


def test_an_unknown_type_is_ignored() -> None:
    assert message_parse('{"type":"wave","hand":"left"}') is None


@pytest.mark.parametrize("name", TYPES)
def test_unknown_fields_are_ignored(name: str) -> None:
    fields = {"on": True, "granted": ["captions"], "position": 0, "from_the_future": {"x": [1]}}
    message = message_parse(json.dumps({"type": name, **fields}))
    assert message is not None
    assert message.type == name


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 0, -1])
def test_a_rate_other_than_16_khz_in_hello_closes_with_4400(rate: int) -> None:
    with pytest.raises(WrongRate) as caught:
        message_parse(json.dumps({"type": "hello", "audio": {"codec": "pcm_s16le", "rate": rate}}))
    assert (caught.value.code, caught.value.close_code) == ("wrong_rate", 4400)


def test_an_unknown_codec_in_hello_closes_with_4400() -> None:
    with pytest.raises(UnknownCodec):
        message_parse('{"type":"hello","audio":{"codec":"opus","rate":16000}}')


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"mute"}',
        '{"type":"mute","on":"yes"}',
        '{"type":"end","position":-1}',
        '{"type":"end","position":1e400}',
        '{"type":"end","position":1.5}',
        '{"type":"hello","want":{"captions":"loud"}}',
        '{"type":["mute"]}',
        "{}",
    ],
)
def test_wrong_fields_are_named_but_not_repeated(text: str) -> None:
    with pytest.raises(StreamError) as caught:
        message_parse(text)
    assert caught.value.close_code == 4400
    assert "loud" not in caught.value.detail


def test_the_refusal_says_which_field() -> None:
    with pytest.raises(BadMessage, match=r"mute\.on"):
        message_parse('{"type":"mute","on":1}')


def test_a_message_above_the_bound_closes_with_4413_whatever_it_says() -> None:
    with pytest.raises(FrameTooLarge):
        message_parse('{"type":"ping","t":"' + "é" * (MAX_MESSAGE_BYTES // 2) + '"}')


def test_the_limits_of_welcome_are_the_documented_ones() -> None:
    assert STREAM_LIMITS.as_wire() == {
        "frame_ms": [20, 200],
        "max_frame_bytes": 16_384,
        "unsettled_max_ms": 60_000,
        "catchup_x": 8,
    }
