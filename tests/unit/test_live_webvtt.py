"""A WebVTT file that is followed: valid at every moment, each line once, and what was written stays."""

import io
from typing import Any, cast

import pytest
import webvtt as reader

from meetings.exports.live_webvtt import NOTHING_NEW, WebvttTail
from meetings.exports.options import ExportOptions
from meetings.exports.wish import Wish
from meetings.models import Meeting
from meetings.selectors import Transcript
from meetings.wire import ParticipantWire, SegmentWire

ADA, BEN = "0a", "0b"


def line(number: int, text: str, *, who: str = ADA, state: str = "final", **more: Any) -> SegmentWire:
    made = {
        "id": f"line-{number}",
        "rev": 1,
        "state": state,
        "participant_id": who,
        "speaker": {ADA: "Ada", BEN: "Ben"}[who],
        "start_ms": 1_000 * number,
        "end_ms": 1_000 * number + 900,
        "text": text,
        "language": "en",
    }
    return cast("SegmentWire", made | more)


def message(segment: SegmentWire) -> dict[str, Any]:
    return {"type": "segment", "seq": 9, "segment": segment}


def tail(*stands: SegmentWire, **wish: Any) -> WebvttTail:
    ada: ParticipantWire = {"id": ADA, "display_name": "Ada", "role": "speaker", "language": ""}
    transcript = Transcript(meeting=Meeting(), as_of_seq=3, participants=(ada,), segments=stands)
    return WebvttTail(transcript, Wish(format="vtt", **wish))


def texts(file: str) -> list[str]:
    return [caption.text for caption in reader.from_buffer(io.StringIO(file))]


def test_each_line_is_written_once_behind_what_stands_and_every_beginning_of_the_file_is_one() -> None:
    followed = tail(line(1, "Good morning."))
    file = followed.head
    assert texts(file) == ["Good morning."]
    for said in (
        line(2, "Hello <b> & -->"),
        line(2, "Hello again.", state="corrected", rev=2),
        line(1, "Bad morning."),
    ):
        file += followed.block(message(said)) + NOTHING_NEW
        assert texts(file)[0] == "Good morning."
    assert [caption.identifier for caption in reader.from_buffer(io.StringIO(file))] == ["line-1", "line-2"]
    assert file.count("Hello") == 1
    assert "-->" not in file.split("Hello")[1].split("\n")[0]


@pytest.mark.parametrize("state", ["partial", "retracted", "redacted"])
def test_only_what_was_said_and_stands_is_written(state: str) -> None:
    followed = tail()
    assert followed.block(message(line(1, "No.", state=state))) == ""
    assert "Yes." in followed.block(message(line(1, "Yes."))), "a line that is put back is new here"


def test_what_is_shown_and_not_to_be_kept_is_in_no_file() -> None:
    assert tail().block(message(line(1, "Between us.", kept=False))) == ""


def test_the_rest_of_a_split_line_is_not_written_beside_the_whole() -> None:
    whole = line(1, "Yes. I agree.")
    rest = line(2, "I agree.", state="corrected")
    followed = tail(whole)
    assert followed.block(message(rest)) == ""
    assert followed.block(message(rest | {"text": "I agreed.", "rev": 2})) == "", "nor when it is corrected"
    of_ben = tail(speakers=("Ben",))
    assert of_ben.block(message(whole)) == ""
    assert "I agree." in of_ben.block(message(rest | {"participant_id": BEN, "speaker": "Ben"})), "nowhere else here"


def test_the_wish_chooses_speakers_language_and_names() -> None:
    followed = tail(speakers=("ben",), language="en", options=ExportOptions(has_names=False))
    assert followed.block(message(line(1, "Mine."))) == ""
    assert followed.block(message(line(2, "Meins.", who=BEN, language="de"))) == ""
    assert followed.block(message(line(3, "Mine.", who=BEN, language="en-GB"))) == (
        "line-3\n00:00:03.000 --> 00:00:03.900\nMine.\n\n"
    )


@pytest.mark.parametrize("kind", ["participant.joined", "participant.changed"])
def test_a_loss_is_a_cue_under_the_name_of_whoever_came_since(kind: str) -> None:
    followed = tail(speakers=("Ben",))
    joined = {"type": kind, "participant": {"id": BEN, "display_name": "Ben"}}
    lost = {
        "type": "audio.gap", "participant_id": BEN, "session_id": "s", "from": 0, "to": 32_000, "reason": "device_lost",
        "start_ms": 4_000, "end_ms": 6_000,
    }  # fmt: skip
    assert followed.block({"type": "event", "seq": 1, "event": lost | {"participant_id": ADA}}) == ""
    assert followed.block({"type": "event", "seq": 2, "event": joined}) == ""
    block = followed.block({"type": "event", "seq": 3, "event": lost})
    assert "00:00:04.000 --> 00:00:06.000" in block
    assert "Ben" in block
    assert followed.block({"type": "event", "seq": 4, "event": lost | {"start_ms": None, "end_ms": None}}) == ""
