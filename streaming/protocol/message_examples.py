"""Examples of all messages of the sockets, made by what builds and parses them, so that they are what is spoken."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from meetings import example_meeting as board
from meetings.limits import HEARTBEAT_MS, RESUME_WINDOW_S, SAMPLE_RATE_HZ, STREAM_LIMITS
from streaming.errors import SlowConsumer
from streaming.protocol import client_messages as said
from streaming.protocol import feed_messages as feed
from streaming.protocol import server_messages as server
from streaming.protocol.frames import AudioFrame, frame_pack


class Example(NamedTuple):
    payload: Any
    summary: str


_ADA, _CHARLES = UUID(board.ADA_ID), UUID(board.CHARLES_ID)
_EVENT_SUMMARIES: Mapping[str, str] = {
    "meeting.started": "The first participant is here.",
    "meeting.changed": "The host has given it another title.",
    "meeting.ended": "The host has ended it.",
    "meeting.recording": "What is said is recorded from now on.",
    "participant.joined": "Ada is here.",
    "participant.left": "Charles is gone.",
    "participant.consented": "Ada agrees to captions, transcript and recording.",
    "participant.changed": "The display name is another one now.",
    "participant.language": "Charles speaks the meeting's language.",
    "audio.gap": "Three seconds of Charles's audio are lost.",
    "audio.repaired": "The recording was heard again: nobody had spoken in these seconds.",
    "content.purged": "The recorded sound was deleted for good.",
}


def _spoken(message: said.ClientMessage) -> dict[str, Any]:
    """Without what may be left out."""
    return {"type": message.type, **message.model_dump(mode="json", exclude_defaults=True)}


def _hello(resume: said.HelloResume | None) -> dict[str, Any]:
    return said.Hello(resume=resume).model_dump(mode="json", exclude_none=True)


_RESUME = said.HelloResume(token=board.RESUME_TOKEN, after_seq=board.LAST_SEQ)
TO_SERVER: Mapping[str, Sequence[Example]] = {
    "hello": (
        Example(_hello(None), "A new connection."),
        Example(_hello(_RESUME), "After a lost one."),
    ),
    "mute": (Example(_spoken(said.Mute(on=True)), "Muted from here on."),),
    "listen": (Example(_spoken(said.Listen(on=True)), "The others' voices are wanted."),),
    "finalize": (Example(_spoken(said.Finalize(cid="7")), "Close what is open now."),),
    "ping": (Example(_spoken(said.Ping(t=1)), "Is anybody there?"),),
    "consent": (
        Example(_spoken(said.Consent(granted=("captions", "transcript"))), "No recording."),
        Example(
            _spoken(said.Consent(granted=("captions", "transcript", "recording"), position=160_000)),
            "Recorded from the tenth second on.",
        ),
        Example(_spoken(said.Consent(granted=())), "Nothing any more."),
    ),
    "lost": (Example(_spoken(said.Lost(reason="device_lost")), "Why the next frame skips samples."),),
    "language": (Example(_spoken(said.Language(language="de", position=160_000)), "German from here on."),),
    "say": (Example(_spoken(said.Say(id="c1", position=160_000, n_samples=48_000)), "An agent's next three seconds."),),
    "interrupt": (Example(_spoken(said.Interrupt(id="c1")), "This chunk no more."),),
    "clear": (Example(_spoken(said.Clear()), "No chunk any more."),),
    "end": (Example(_spoken(said.End(position=480_000)), "That was all: thirty seconds."),),
}
TO_CLIENT: Mapping[str, Sequence[Example]] = {
    "welcome": (
        Example(
            server.welcome_message(
                session_id=UUID(board.ADA_SESSION_ID),
                participant_id=_ADA,
                resumed=False,
                settled=0,
                resume_token=board.RESUME_TOKEN,
                resume_window_s=RESUME_WINDOW_S,
                after_seq=0,
                heartbeat_ms=HEARTBEAT_MS,
                limits=STREAM_LIMITS,
                consent=[],
                language="en",
            ),
            "A new session, which has agreed to nothing yet.",
        ),
    ),
    "ack": (Example(server.ack_message(received=20_480, settled=16_000, lag_ms=180), "Keep what is behind settled."),),
    "segment": (
        Example({"type": "segment", "seq": None, "segment": board.PARTIAL}, "Ada is speaking."),
        Example({"type": "segment", "seq": 6, "segment": board.GREETING}, "What she said, committed."),
        Example({"type": "segment", "seq": 14, "segment": board.ANSWER}, "A correction, which replaces revision 1."),
    ),
    "event": tuple(
        Example({"type": "event", "seq": seq, "event": event}, _EVENT_SUMMARIES[event["type"]])
        for seq, event in board.EVENTS.items()
    ),
    "snapshot": (
        Example(
            feed.snapshot_message(segments=[board.PARTIAL], participants=[board.ADA, board.CHARLES]),
            "Ada is speaking, Charles is here too.",
        ),
    ),
    "live": (Example(feed.live_message(seq=5), "All before was history."),),
    "speech": (
        Example(server.speech_message(participant_id=_ADA, state="start", at_ms=1_200), "Ada begins to speak."),
        Example(server.speech_message(participant_id=_ADA, state="stop", at_ms=2_100), "She has stopped."),
    ),
    "partials_reset": (
        Example(server.partials_reset_message(participant_id=_CHARLES), "Forget Charles's open segments."),
    ),
    "flow": (
        Example(server.flow_message(state="ok", reason=""), "Nothing is in the way."),
        Example(server.flow_message(state="pause", reason="recognizers"), "Keep the audio and wait."),
    ),
    "finalized": (Example(server.finalized_message(cid="7", position=20_480), "Nothing before this is open."),),
    "draining": (
        Example(server.draining_message(reason="client"), "The answer to `end`."),
        Example(server.draining_message(reason="meeting_ended"), "The host has ended the meeting: say `end`."),
    ),
    "ended": (
        Example(
            server.ended_message(
                received=480_000,
                speech=112_000,
                nonspeech=320_000,
                muted=0,
                gap=48_000,
                segments=2,
                last_seq=board.LAST_SEQ,
            ),
            "Everything is settled: received = speech + nonspeech + muted + gap.",
        ),
    ),
    "said": (
        Example(
            server.said_message(chunk_id="c1", state="interrupted", heard_ms=1_240, position=179_840),
            "Somebody spoke over this chunk.",
        ),
    ),
    "barge_in": (
        Example(
            server.barge_in_message(participant_id=_ADA, chunk_id="c1", heard_ms=1_240, position=179_840, at_ms=11_240),
            "Ada speaks over the agent.",
        ),
    ),
    "goaway": (Example(server.goaway_message(reason="deploy", deadline_ms=5_000), "Resume within five seconds."),),
    "warning": (
        Example(server.warning_message(code="recognition_unavailable"), "What is said is kept and transcribed later."),
    ),
    "pong": (Example(server.pong_message(t=1), "The answer to `ping`."),),
    "error": (
        Example(server.error_message(problem=SlowConsumer().as_problem(), is_fatal=True), "Close 4508 follows."),
    ),
}


def _frame(*, n_samples: int, position: int, is_discontinuity: bool = False) -> str:
    payload = bytes(2 * n_samples)
    frame = AudioFrame(n_samples=n_samples, position=position, payload=payload, is_discontinuity=is_discontinuity)
    return b64encode(frame_pack(frame)).decode("ascii")


IN_BASE64 = "written in base64, since JSON holds no bytes"
FRAMES: Sequence[Example] = (
    Example(_frame(n_samples=SAMPLE_RATE_HZ // 50, position=0), f"The first 20 ms, silent; {IN_BASE64}."),
    Example(
        _frame(n_samples=0, position=192_000, is_discontinuity=True), f"No samples; those before are lost; {IN_BASE64}."
    ),
)
