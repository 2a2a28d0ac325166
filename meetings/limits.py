"""Numbers that both halves, the wire and the tests share. Pure: no Django, importable from everywhere."""

from dataclasses import dataclass

from typing_extensions import TypedDict  # pydantic reads typing's own from Python 3.12 on only

SAMPLE_RATE_HZ = 16_000
SAMPLES_PER_MS = 16
LEVEL_SAMPLES = 320  # a level is how loud these 20 ms were

# How long a socket, or a whole node, may be silent. Presence only: kept audio is taken for DELIVERY_WINDOW_S.
RESUME_WINDOW_S = 120
HEARTBEAT_MS = 10_000
TICKET_TTL_S = 60
DELIVERY_WINDOW_S = 86_400  # after the end of the meeting

KNOWN_CONSENT = ("captions", "transcript", "recording")
AUDIO_CONSENT = ("captions",)  # without it no sample is accepted; without `transcript` nothing of it is kept
REQUIRED_CONSENT = ("captions", "transcript")  # what callers by telephone, and programs that say nothing, agree to

DISPLAY_NAME_MAX_CHARS = 80
TITLE_MAX_CHARS = 200
ORGANISATION_NAME_MAX_CHARS = 120
SUBJECT_MAX_CHARS = 255  # of a name that a provider of single sign-on gives
VOCABULARY_MAX_TERMS = 500
VOCABULARY_TERM_MAX_CHARS = 100
POLICIES_MAX_BYTES = 8_192
SEGMENT_TEXT_MAX_CHARS = 20_000
REASON_MAX_CHARS = 200
FIND_MAX_CHARS = 200
WEBHOOK_URL_MAX_CHARS = 2_000
WEBHOOK_DESCRIPTION_MAX_CHARS = 200


class StreamLimitsWire(TypedDict):
    """The `limits` object of admissions and of `welcome`."""

    frame_ms: list[int]
    max_frame_bytes: int
    unsettled_max_ms: int
    catchup_x: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """What a client must keep to on the audio socket."""

    frame_ms: tuple[int, int] = (20, 200)
    max_frame_bytes: int = 16_384
    unsettled_max_ms: int = 60_000
    catchup_x: int = 8

    def as_wire(self) -> StreamLimitsWire:
        return {
            "frame_ms": list(self.frame_ms),
            "max_frame_bytes": self.max_frame_bytes,
            "unsettled_max_ms": self.unsettled_max_ms,
            "catchup_x": self.catchup_x,
        }


STREAM_LIMITS = StreamLimits()
