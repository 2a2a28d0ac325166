"""What the server and a recognizer process say to each other arrives as it was said, whole or not at all."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.base import Context, DecodeOptions, Hypothesis, Word
from streaming.recognizers.wire import (
    MAX_PAYLOAD_BYTES,
    PREFIX,
    Answer,
    AnswerParser,
    Request,
    WireError,
    answer_pack,
    request_pack,
    request_read,
)

shares = st.floats(0, 1)
words = st.builds(Word, w=st.text(max_size=8), s=shares, e=shares, c=shares)
hypotheses = st.builds(
    Hypothesis,
    text=st.text(max_size=40),
    confidence=shares,
    language=st.sampled_from(["en", "de"]),
    engine=st.sampled_from(["", "some-model"]),
    words=st.lists(words, max_size=3).map(tuple),
    tokens=st.lists(st.integers(0, 60_000), max_size=20).map(tuple),
    finished=shares,
    is_doubted=st.booleans(),
)
answers = st.builds(
    Answer,
    id=st.integers(0, 2**40),
    hypothesis=st.none() | hypotheses,
    languages=st.lists(st.sampled_from(["en", "de", "*"]), max_size=2).map(tuple),
    error_code=st.sampled_from(["", "model_corrupt"]),
    error_text=st.text(max_size=40),
)


@given(st.lists(answers, max_size=4), st.lists(st.integers(1, 200), min_size=1))
def test_answers_come_out_of_any_pieces_as_they_were_written(said: list[Answer], cuts: list[int]) -> None:
    stream, parser = b"".join(answer_pack(answer) for answer in said), AnswerParser()
    heard: list[Answer] = []
    while stream:
        for n_bytes in cuts:
            heard += parser.feed(stream[:n_bytes])
            stream = stream[n_bytes:]
    assert heard == said


OPTIONS = st.builds(
    DecodeOptions,
    language=st.text(max_size=8),
    want_words=st.booleans(),
    vocabulary=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    context=st.builds(
        Context, n_samples=st.integers(0, 40_000), tokens=st.lists(st.integers(0, 60_000), max_size=5).map(tuple)
    ),
    draft=st.lists(st.integers(0, 60_000), max_size=5).map(tuple),
    stream=st.text(max_size=8),
    speech_share=shares,
    surer_than=st.none() | shares,
    n_words=st.integers(0, 500),
)


@given(st.integers(0, 5_000), OPTIONS)
def test_a_request_is_read_as_it_was_written(n_samples: int, options: DecodeOptions) -> None:
    audio = np.random.default_rng(n_samples).standard_normal(n_samples, dtype=np.float32)
    request = Request(id=7, audio=audio, options=options)
    read = request_read(io.BytesIO(request_pack(request)))
    assert read is not None
    assert (read.id, read.options) == (7, options)
    np.testing.assert_array_equal(read.audio, audio)


@given(st.integers(0, 60))
def test_a_request_that_was_cut_off_is_the_end_of_the_stream(n_bytes: int) -> None:
    request = Request(id=1, audio=np.zeros(4, dtype=np.float32), options=DecodeOptions(language="en"))
    assert request_read(io.BytesIO(request_pack(request)[:n_bytes])) is None


@pytest.mark.parametrize(
    "data", [PREFIX.pack(2**31, 0), PREFIX.pack(2, MAX_PAYLOAD_BYTES + 4), PREFIX.pack(2, 2) + b"{}xx"]
)
def test_sizes_above_the_bounds_are_refused_before_anything_is_read(data: bytes) -> None:
    with pytest.raises(WireError):
        request_read(io.BytesIO(data))
    with pytest.raises(WireError):
        list(AnswerParser().feed(data))


@given(st.binary(max_size=60))
def test_noise_is_an_error_and_never_an_answer(data: bytes) -> None:
    framed = struct.pack("<II", len(data), 0) + data
    with pytest.raises(WireError):
        list(AnswerParser().feed(framed))


def test_audio_that_is_too_long_is_not_sent() -> None:
    audio = np.zeros(MAX_PAYLOAD_BYTES // 4 + 1, dtype=np.float32)
    with pytest.raises(WireError):
        request_pack(Request(id=1, audio=audio, options=DecodeOptions(language="en")))
