"""Lost audio is told in every transcript for people, once, in its place, with its reason in words."""

from typing import Any
from uuid import UUID

import pytest
import webvtt as reader
from hypothesis import given
from hypothesis import strategies as st

from meetings.exports.formats import FORMATS, cues
from meetings.exports.gaps import gap_cues
from meetings.exports.options import AS_IT_IS
from meetings.gap_reasons import gap_sentence, reason_words
from meetings.models import Meeting
from meetings.selectors import Transcript
from meetings.wire import GapWire
from streaming.recognizers.base import RecognizerClosed, RecognizerError

SAMPLES_A_MS = 16
FIELDS: dict[str, Any] = {"title": "Board", "started_at": None}


def lost(
    start: int, to: int, *, reason: str = "device_lost", speaker: str = "Ada", session: int = 1, has_times: bool = True
) -> GapWire:
    return {
        "session_id": str(UUID(int=session)),
        "participant_id": str(UUID(int=9)),
        "speaker": speaker,
        "start_ms": start // SAMPLES_A_MS if has_times else None,
        "end_ms": to // SAMPLES_A_MS if has_times else None,
        "from": start,
        "to": to,
        "reason": reason,
    }


def transcript(*gaps: GapWire) -> Transcript:
    return Transcript(meeting=Meeting(title="Board"), as_of_seq=1, participants=(), segments=(), gaps=gaps)


def written(extension: str, read: Transcript) -> str:
    return FORMATS[extension].write(read, FIELDS, AS_IT_IS).decode()


def test_each_format_for_people_has_the_loss_as_a_line_of_its_own() -> None:
    read = transcript(lost(32_000, 160_000))
    sentence = "[8.0 s of Ada's audio lost: device disconnected]"
    (cue,) = reader.from_string(written("vtt", read), strict=True)
    assert (cue.voice, cue.text, cue.start, cue.end) == (None, sentence, "00:00:02.000", "00:00:10.000")
    assert written("srt", read) == f"1\n00:00:02,000 --> 00:00:10,000\n{sentence}\n\n"
    assert written("txt", read).endswith(f"[00:00:02] {sentence}\n")


def test_a_loss_without_times_is_in_json_only() -> None:
    read = transcript(lost(0, 16_000, has_times=False))
    assert cues(read) == []
    assert '"from": 0, "to": 16000' in written("json", read)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("client_discontinuity", "not captured"),
        ("device_lost", "device disconnected"),
        ("page_reloaded", "page reloaded"),
        ("suspended", "computer or browser asleep"),
        ("store_full", "too much was waiting to be sent"),
        ("unexplained", "not received"),
        ("not_sent", "not received"),
        ("not_delivered", "not received"),
        ("recognizer_crashed", "could not be transcribed"),
        ("recognizer_timeout", "could not be transcribed"),
        ("recognizer_failed", "could not be transcribed"),
        ("language_unsupported", "language not supported"),
        ("model_missing", "speech model unavailable"),
        ("model_corrupt", "speech model unavailable"),
        ("commit_refused", "could not be stored"),
        ("something_new", "unknown reason"),
    ],
)
def test_every_reason_is_told_in_words(reason: str, words: str) -> None:
    assert reason_words(reason) == words


def test_whatever_a_recognizer_fails_with_has_words() -> None:
    reasons = {RecognizerError.code, *(error.code for error in RecognizerError.__subclasses__())}
    reasons -= {RecognizerClosed.code}  # a stopping node makes no gap
    assert {reason for reason in reasons if reason_words(reason) == "unknown reason"} == set()


def test_the_shortest_loss_does_not_read_as_none() -> None:
    assert gap_sentence(speaker="Ada", n_samples=16, reason="x") == "[0.1 s of Ada's audio lost: unknown reason]"


def test_neighbours_of_one_reason_are_one_loss_and_others_stay_apart() -> None:
    gaps = [
        lost(0, 16_000),
        lost(16_000, 32_000),
        lost(32_000, 48_000, reason="unexplained"),
        lost(64_000, 80_000, reason="unexplained"),
        lost(80_000, 96_000, reason="unexplained", session=2),
    ]
    told = [(cue.start_ms, cue.end_ms, cue.text.split(" of")[0]) for cue in gap_cues(reversed(gaps))]
    assert told == [(0, 2_000, "[2.0 s"), (2_000, 3_000, "[1.0 s"), (4_000, 5_000, "[1.0 s"), (5_000, 6_000, "[1.0 s")]


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans(), st.sampled_from("ab")), max_size=12))
def test_joined_losses_tell_of_every_lost_sample_once(pieces: list[tuple[int, bool, str]]) -> None:
    gaps: list[GapWire] = []
    position = 0
    for n_ms, is_lost, reason in pieces:
        end = position + n_ms * SAMPLES_A_MS
        if is_lost:
            gaps.append(lost(position, end, reason=reason))
        position = end
    told = gap_cues(gaps)
    assert len({cue.id for cue in told}) == len(told)
    assert sum(cue.end_ms - cue.start_ms for cue in told) == sum(n_ms for n_ms, is_lost, _ in pieces if is_lost)


def test_a_name_cannot_rewrite_the_sentence_around_it() -> None:
    (cue,) = gap_cues([lost(0, 16_000, speaker="\u202eAda\n-->")])
    assert cue.text == "[1.0 s of Ada -->'s audio lost: device disconnected]"
    assert "-->" not in written("vtt", transcript(lost(0, 9, speaker="-->"))).splitlines()[-2]
