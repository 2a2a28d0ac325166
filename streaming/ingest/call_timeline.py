"""Put the messages of a call on its capture clock, at 16 kHz: in order, each once, what is missing left out. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from meetings.limits import SAMPLE_RATE_HZ, SAMPLES_PER_MS, STREAM_LIMITS
from streaming.audio.pcm import Float32, pcm_encode
from streaming.audio.resampler import Resampler
from streaming.ingest.call_messages import CallAudio, CallFormat
from streaming.protocol.frames import AudioFrame

FIRST_NUMBER = 1  # of messages with audio, where these are counted apart
MOST_WAITING_MESSAGES = 3  # a message that is later than this many others is taken for lost
UNCOUNTED_GAP_S = 0.1  # timestamps jump by this much although no number is missing: less is jitter
LONGEST_GAP_S = 3_600.0  # a service that has lost more has counted wrongly
# So much in a row that was here already, by its numbers, and in their order, is not: the service counts anew.
FEWEST_ANEW, ANEW_S = 10, 2.0
MOST_FRAME_SAMPLES = STREAM_LIMITS.frame_ms[1] * SAMPLES_PER_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPiece:
    """Float32 at 16 kHz of shape (n,), n > 0, from `position` on. `is_after_gap`: what lies before is missing."""

    position: int
    samples: Float32 = field(repr=False, compare=False)
    is_after_gap: bool = False

    @property
    def end(self) -> int:
        return self.position + len(self.samples)

    def frames(self) -> Iterator[AudioFrame]:
        for start in range(0, len(self.samples), MOST_FRAME_SAMPLES):
            samples = self.samples[start : start + MOST_FRAME_SAMPLES]
            yield AudioFrame(n_samples=len(samples), position=self.position + start, payload=pcm_encode(samples))


class CallTimeline:
    """Messages in, pieces out.

    Any delivery of the same messages, with repetitions and a few of them out of order, gives the same samples at the
    same positions (property-tested).

    What is missing shows in the numbers: in those of messages with audio where a service counts these, else in those of
    all messages. How long it was, the timestamps tell, or the length of the chunk before.
    """

    def __init__(self, *, format: CallFormat, position: int = 0) -> None:
        self._format = format
        self._next_position = position
        self._resampler = Resampler(format.rate_hz, SAMPLE_RATE_HZ)
        self._counts_audio_alone = False
        self._expected: int | None = None  # the number of the next message, once audio has come
        self._noted: int | None = None  # that of the last message before it
        self._waiting: dict[int, _Heard | None] = {}  # None: a message without audio
        self._anew: list[tuple[int, _Heard]] = []  # what has been here already, it seems
        self._has_gap = False
        self._last_n_samples = 0
        self._last_timestamp_ms: int | None = None

    @property
    def position(self) -> int:
        """Where the next sample belongs, if none is missing."""
        return self._next_position

    def note(self, number: int | None) -> list[CallPiece]:
        """A message without audio is not missing either."""
        if number is None or self._counts_audio_alone:
            return []
        if self._expected is None:
            self._noted = number
            return []
        if number >= self._expected:
            self._waiting.setdefault(number, None)
        return self._release(most_waiting=MOST_WAITING_MESSAGES)

    def accept(self, audio: CallAudio) -> list[CallPiece]:
        """What is heard by now. Raises BadMessage: half a sample."""
        heard = _Heard(samples=self._format.decode(audio.payload), timestamp_ms=audio.timestamp_ms)
        number = audio.number if audio.audio_number is None else audio.audio_number
        if number is None:
            return self._take(heard, n_missing=0)
        if self._expected is None:
            self._counts_audio_alone = audio.audio_number is not None
            noted = FIRST_NUMBER - 1 if self._counts_audio_alone else self._noted
            self._expected = number if noted is None else min(number, noted + 1)
        if number < self._expected or number in self._waiting:
            return self._passed_over(number, heard)  # it was here already, or was given up
        self._anew.clear()
        self._waiting[number] = heard
        return self._release(most_waiting=MOST_WAITING_MESSAGES)

    def end(self) -> list[CallPiece]:
        """The rest. The timeline is spent then."""
        pieces = self._release(most_waiting=0)
        return [*pieces, *self._piece(self._resampler.flush())]

    def _passed_over(self, number: int, heard: "_Heard") -> list[CallPiece]:
        """Nothing, unless the service counts from the beginning again: nothing of the call would be heard any more."""
        last = self._anew[-1][0] if self._anew else number - 1
        if not last < number <= last + MOST_WAITING_MESSAGES:
            self._anew.clear()
        self._anew.append((number, heard))
        n_samples = sum(len(each.samples) for _, each in self._anew)
        if len(self._anew) < FEWEST_ANEW or n_samples < ANEW_S * self._format.rate_hz:
            return []
        pieces = self._release(most_waiting=0)
        for _, each in self._anew:
            pieces += self._take(each, n_missing=0)
        self._anew.clear()
        self._expected = number + 1
        return pieces

    def _release(self, *, most_waiting: int) -> list[CallPiece]:
        pieces: list[CallPiece] = []
        while self._waiting and self._expected is not None:
            number = min(self._waiting)
            if number > self._expected and len(self._waiting) <= most_waiting:
                break
            heard, n_missing = self._waiting.pop(number), number - self._expected
            self._expected = number + 1
            if heard is not None:
                pieces += self._take(heard, n_missing=n_missing)
            else:
                pieces += self._lose(n_missing * self._last_n_samples)
        return pieces

    def _take(self, heard: "_Heard", *, n_missing: int) -> list[CallPiece]:
        pieces = self._lose(self._n_lost(heard, n_missing=n_missing))
        self._last_n_samples, self._last_timestamp_ms = len(heard.samples), heard.timestamp_ms
        return [*pieces, *self._piece(self._resampler.process(heard.samples))]

    def _n_lost(self, heard: "_Heard", *, n_missing: int) -> int:
        """Samples, at the rate of the call, between the last message that was taken and this one."""
        rate_hz = self._format.rate_hz
        by_number = n_missing * (self._last_n_samples or len(heard.samples))
        if heard.timestamp_ms is None or self._last_timestamp_ms is None:
            return by_number
        passed_ms = heard.timestamp_ms - self._last_timestamp_ms
        by_time = passed_ms * rate_hz // 1_000 - self._last_n_samples
        if n_missing:
            return by_time if by_time > 0 else by_number
        return by_time if by_time > UNCOUNTED_GAP_S * rate_hz else 0

    def _lose(self, n_lost: int) -> list[CallPiece]:
        if not 0 < n_lost <= LONGEST_GAP_S * self._format.rate_hz:
            return []
        pieces = self._piece(self._resampler.flush())
        self._resampler = Resampler(self._format.rate_hz, SAMPLE_RATE_HZ)
        self._next_position += n_lost * SAMPLE_RATE_HZ // self._format.rate_hz
        self._has_gap = True
        return pieces

    def _piece(self, samples: Float32) -> list[CallPiece]:
        if not len(samples):
            return []
        piece = CallPiece(position=self._next_position, samples=samples, is_after_gap=self._has_gap)
        self._next_position, self._has_gap = piece.end, False
        return [piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    samples: Float32
    timestamp_ms: int | None
