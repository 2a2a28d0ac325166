"""What a caller hears: the room without the caller, as messages of the telephone service."""

from collections.abc import Callable

from streaming.conversation import Heard
from streaming.ingest.call_messages import CallStart, Dialect, ServiceMessage
from streaming.ingest.call_voice import CallVoice

Say = Callable[[ServiceMessage], None]


class CallEar:
    """An `Ear`: takes the room's voices as they are mixed, and only queues.

    A service that does not read hears nothing (`is_writable`): a voice that comes late is noise.
    """

    def __init__(
        self,
        *,
        dialect: Dialect,
        start: CallStart,
        say: Say,
        is_writable: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._dialect = dialect
        self._stream_id = start.stream_id
        self._voice = CallVoice(format=start.format, chunk_ms=dialect.chunk_ms)
        self._say = say
        self._is_writable = is_writable
        self._clock = clock

    def hear(self, heard: Heard) -> None:
        if not self._is_writable():
            return
        for chunk in self._voice.put(heard.samples, position=heard.position, now_s=self._clock()):
            self._say(self._dialect.voice(stream_id=self._stream_id, payload=chunk.payload, chunk=chunk.number))

    def interrupt(self) -> None:
        """Somebody speaks over what is being said to the caller: it is not played to its end."""
        unplayed = self._voice.interrupt(now_s=self._clock())
        for message in self._dialect.hush(stream_id=self._stream_id, chunks=unplayed):
            self._say(message)
