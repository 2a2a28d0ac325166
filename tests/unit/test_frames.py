"""The frame codec: what is packed is unpacked, and no bytes whatever raise anything but a StreamError."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.limits import STREAM_LIMITS
from streaming.errors import FrameTooLarge, FrameTooLong, MalformedFrame, StreamError, UnknownCodec
from streaming.protocol.frames import HEADER, AudioFrame, frame_pack, frame_parse, frame_unpack


@st.composite
def client_frames(draw: st.DrawFn) -> AudioFrame:
    payload = draw(st.binary(max_size=400))
    payload = payload[: len(payload) // 2 * 2]
    return AudioFrame(
        is_discontinuity=draw(st.booleans()),
        is_muted=draw(st.booleans()),
        n_samples=len(payload) // 2,
        position=draw(st.integers(0, 2**64 - 1)),
        payload=payload,
    )


FRAME = AudioFrame(n_samples=2, position=7, payload=b"\x01\x02\x03\x04")


@given(client_frames())
def test_a_packed_frame_is_parsed_to_itself(frame: AudioFrame) -> None:
    assert frame_parse(frame_pack(frame), limits=STREAM_LIMITS) == frame


@given(st.binary(max_size=64))
def test_arbitrary_bytes_raise_nothing_but_stream_errors(data: bytes) -> None:
    try:
        frame = frame_parse(data, limits=STREAM_LIMITS)
    except StreamError:
        return
    assert frame_unpack(frame_pack(frame)) == frame


def test_the_header_is_laid_out_as_the_protocol_says() -> None:
    frame = replace(FRAME, is_discontinuity=True, is_muted=True, position=0x0102030405060708)
    assert frame_pack(frame) == bytes.fromhex("01 00 03 00 02000000 0807060504030201") + FRAME.payload


def test_a_frame_above_the_byte_limit_closes_with_4413() -> None:
    with pytest.raises(FrameTooLarge) as caught:
        frame_parse(bytes(STREAM_LIMITS.max_frame_bytes + 1), limits=STREAM_LIMITS)
    assert caught.value.close_code == 4413


def test_a_frame_may_last_200_ms_and_no_longer() -> None:
    longest = AudioFrame(n_samples=3_200, position=0, payload=bytes(6_400))
    assert frame_parse(frame_pack(longest), limits=STREAM_LIMITS).end == 3_200
    with pytest.raises(FrameTooLong):
        frame_parse(frame_pack(replace(longest, n_samples=3_201, payload=bytes(6_402))), limits=STREAM_LIMITS)


def test_an_empty_frame_carries_only_its_flags() -> None:
    frame = AudioFrame(is_muted=True, n_samples=0, position=16_000, payload=b"")
    assert frame_parse(frame_pack(frame), limits=STREAM_LIMITS) == frame


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(15),
        struct.pack("<BBBBIQ", 2, 0, 0, 0, 0, 0),
        frame_pack(replace(FRAME, stream=1)),
        frame_pack(FRAME)[:-1],
        frame_pack(FRAME) + b"\x00",
        frame_pack(replace(FRAME, n_samples=2**32 - 1)),
    ],
)
def test_a_malformed_frame_closes_with_4400(data: bytes) -> None:
    with pytest.raises(MalformedFrame) as caught:
        frame_parse(data, limits=STREAM_LIMITS)
    assert caught.value.close_code == 4400


@pytest.mark.parametrize("codec", [1, 2, 255])
def test_a_codec_that_we_do_not_accept_closes_with_4400(codec: int) -> None:
    with pytest.raises(UnknownCodec) as caught:
        frame_parse(HEADER.pack(1, codec, 0, 0, 320, 0) + b"opus", limits=STREAM_LIMITS)
    assert (caught.value.code, caught.value.close_code) == ("unknown_codec", 4400)


def test_unknown_flags_are_ignored() -> None:
    data = bytearray(frame_pack(FRAME))
    data[2] = 0xFC
    assert frame_parse(bytes(data), limits=STREAM_LIMITS) == FRAME
