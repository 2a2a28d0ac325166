"""What telephone services say and are told, in words of our own: each service has a dialect that translates. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from streaming.audio.mulaw import mulaw_decode, mulaw_encode
from streaming.audio.pcm import Float32, pcm_decode, pcm_encode
from streaming.errors import BadMessage, ProblemWire

ENCODINGS: Mapping[str, Literal["l16", "mulaw"]] = {
    "audio/l16": "l16",
    "audio/x-l16": "l16",
    "audio/x-mulaw": "mulaw",
    "audio/mulaw": "mulaw",
    "audio/pcmu": "mulaw",
}
RATES_HZ = (8_000, 16_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFormat:
    """How the audio of a call is written, in both directions, mono.

    Linear samples are little-endian. RFC 2586 wants "audio/L16" big-endian, but Teler names no byte order, and its
    package and bridges hand the samples, as they are, to recognizers and voices that take little-endian ones.
    """

    encoding: Literal["l16", "mulaw"]
    rate_hz: int

    def decode(self, payload: bytes) -> Float32:
        """Raises BadMessage: half a sample."""
        if self.encoding == "mulaw":
            return mulaw_decode(payload)
        if len(payload) % 2:
            raise BadMessage("linear audio has 2 bytes for each sample")
        return pcm_decode(payload)

    def encode(self, samples: Float32) -> bytes:
        return mulaw_encode(samples) if self.encoding == "mulaw" else pcm_encode(samples)


def format_parse(*, encoding: str, rate_hz: int, channels: int) -> CallFormat:
    """Raises BadMessage. Two channels would be two voices, and both would speak under the caller's name."""
    known = ENCODINGS.get(encoding.lower())
    if known is None:
        raise BadMessage("the encoding is none of: " + ", ".join(ENCODINGS))
    if rate_hz not in RATES_HZ:
        raise BadMessage("the sample rate is neither 8000 nor 16000")
    if channels != 1:
        raise BadMessage("a call has one channel")
    return CallFormat(encoding=known, rate_hz=rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStart:
    """The call begins, or comes back. `name` and `caller` are what the service says of who calls; both may be empty."""

    call_id: str
    stream_id: str
    number: int | None = None
    format: CallFormat
    name: str = ""
    caller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAudio:
    """The caller's voice. `number` counts all messages of the stream, `audio_number` those with audio.

    `timestamp_ms` is that of the first sample since the stream began. None: the service does not say.
    """

    stream_id: str = ""
    number: int | None = None
    audio_number: int | None = None
    timestamp_ms: int | None = None
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStop:
    """The caller has hung up."""

    stream_id: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOther:
    """Something that is nothing to us, for example a pressed key; its number shows that no audio is missing there."""

    stream_id: str = ""
    number: int | None = None


CallMessage = CallStart | CallAudio | CallStop | CallOther
ServiceMessage = Mapping[str, Any]


class Dialect(Protocol):
    """One telephone service's way of saying all this. Without state."""

    @property
    def service(self) -> str: ...

    @property
    def chunk_ms(self) -> int:
        """How much of the others' voices one message takes to the caller."""
        ...

    def parse(self, text: str) -> CallMessage:
        """Raises FrameTooLarge, UnexpectedText (no JSON object), BadMessage."""
        ...

    def voice(self, *, stream_id: str, payload: bytes, chunk: int) -> ServiceMessage:
        """Audio for the caller, number `chunk`."""
        ...

    def hush(self, *, stream_id: str, chunks: Sequence[int]) -> list[ServiceMessage]:
        """What was sent and is not played yet is to be dropped: the chunks with these numbers, and any other."""
        ...

    def problem(self, *, stream_id: str, problem: ProblemWire, is_fatal: bool) -> ServiceMessage:
        """What was wrong with a message."""
        ...
