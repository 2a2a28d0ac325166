"""Messages become typed events; what is not as documented stays what it is."""

from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from streaming.client.events import BargeIn, Caption, ChunkOver, Ended, Event, Joined, Speaking, event_parse
from streaming.protocol import server_messages

WHO = UUID(int=7)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["segment", "event", "speech", "barge_in", "said", "warning", "draining", "ended", "new"])


@given(kinds, st.dictionaries(st.sampled_from(["segment", "event", "state", "id", "reason", "code"]), json_values))
def test_whatever_a_server_says_is_an_event(kind: str, fields: dict[str, Any]) -> None:
    message = fields | {"type": kind}
    assert event_parse(message).message == message


def test_what_our_server_says_has_types() -> None:
    barge_in = server_messages.barge_in_message(participant_id=WHO, chunk_id="c1", heard_ms=20, position=320, at_ms=9)
    said = server_messages.said_message(chunk_id="c1", state="done", heard_ms=20, position=320)
    speech = server_messages.speech_message(participant_id=WHO, state="start", at_ms=9)
    ended = server_messages.ended_message(received=4, speech=1, nonspeech=1, muted=1, gap=1, segments=1, last_seq=1)
    kinds_of = [type(event_parse(each)) for each in (barge_in, said, speech, ended)]
    assert kinds_of == [BargeIn, ChunkOver, Speaking, Ended]
    event = event_parse(barge_in)
    assert isinstance(event, BargeIn)
    assert (event.chunk_id, event.heard_ms, event.position) == ("c1", 20, 320)


def test_a_line_of_the_transcript_and_who_came() -> None:
    segment = {
        "id": "s", "rev": 1, "state": "final", "participant_id": "p", "speaker": "Ada", "text": "Good morning.",
        "start_ms": 0, "end_ms": 9,
    }  # fmt: skip
    caption = event_parse({"type": "segment", "seq": 4, "segment": segment})
    assert isinstance(caption, Caption)
    assert caption.is_final
    participant = {"id": "p", "display_name": "Ada", "role": "speaker"}
    joined = event_parse(
        {"type": "event", "seq": 5, "event": {"type": "participant.joined", "participant": participant}}
    )
    assert isinstance(joined, Joined)
    assert type(event_parse({"type": "event", "event": {"type": "meeting.started"}})) is Event
