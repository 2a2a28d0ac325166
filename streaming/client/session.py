"""One participant's audio session, kept alive over reconnects: audio in, the meeting's messages out."""

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from meetings.limits import HEARTBEAT_MS, REQUIRED_CONSENT, SAMPLE_RATE_HZ, SAMPLES_PER_MS, STREAM_LIMITS
from streaming.audio.pcm import pcm_encode
from streaming.client.errors import ConnectionRefused
from streaming.client.kept import KeptAudio
from streaming.client.rest import Admission, Rest, ServerAway
from streaming.protocol.codes import CloseAction, CloseCode, close_action
from streaming.protocol.frames import AudioFrame, frame_pack, frame_unpack
from streaming.recognizers.base import Float32
from streaming.tasks import TaskScope

Message = dict[str, Any]

FRAME_MS = 100
BACKOFF_FIRST_S = 0.25
BACKOFF_LONGEST_S = 5.0
OPEN_TIMEOUT_S = 10.0
# A server that went silent is known to be gone within two heartbeats, the answer to our close included.
PING_EVERY_S = HEARTBEAT_MS / 1_000
PONG_WITHIN_S = 0.7 * PING_EVERY_S
CLOSE_WITHIN_S = 0.2 * PING_EVERY_S
# Below the server's own pace limit, so that two clocks which disagree a little never meet it.
PACE_MARGIN = 0.9
MOST_WAITING_MESSAGES = 10_000
MOST_HELD_SAMPLES = STREAM_LIMITS.unsettled_max_ms * SAMPLES_PER_MS


class AudioSession:
    """Joins, streams what `write` gives, reconnects and replays by itself; `messages` ends after `ended`.

    Raises (from `messages`) ConnectionRefused when the server ends it for good, ServerAway when it never answered.
    """

    def __init__(
        self,
        rest: Rest,
        admission: Admission,
        *,
        wants_partials: bool = True,
        agrees_to: Sequence[str] = REQUIRED_CONSENT,
        frame_ms: int = FRAME_MS,
        on_heard: Callable[[AudioFrame], None] | None = None,
        on_interrupted: Callable[[], None] = lambda: None,
        on_welcome: Callable[[], Sequence[Message]] = lambda: (),
    ) -> None:
        """`agrees_to` is said in every connection; `on_interrupted` is called each time one is lost and will be tried
        again, `on_welcome` each time that there is one, for what has to be said first, or again. `on_heard` gets the
        others' voices, if they are wanted, in frames as they come.
        """
        self._rest = rest
        self._admission = admission
        self._wants = {"captions": "all", "partials": wants_partials, "listen": on_heard is not None}
        self._consent = {"type": "consent", "granted": list(agrees_to)}
        self._frame_samples = frame_ms * SAMPLES_PER_MS
        self._on_heard = on_heard
        self._on_interrupted = on_interrupted
        self._on_welcome = on_welcome
        self._to_say: deque[Message] = deque()
        self._kept = KeptAudio()
        self._settled = 0
        self._sent = 0
        self._is_ending = False
        self._is_paused = False
        self._after_seq = 0
        self._n_failures = 0
        self._n_connections = 0
        self._is_ticket_rejected = False
        self._is_sent_away = False
        self._news = asyncio.Condition()
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(MOST_WAITING_MESSAGES)
        self._failure: Exception | None = None
        self._scope = TaskScope("client")

    async def __aenter__(self) -> Self:
        self._scope.spawn(self._stay_connected(), name="connection")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._scope.close()

    @property
    def settled(self) -> int:
        """The server answers for everything before this position."""
        return self._settled

    @property
    def captured(self) -> int:
        return self._kept.captured

    async def write(self, samples: Float32) -> None:
        """Capture float32 mono 16 kHz samples; they are kept until they are settled."""
        self.capture(samples)
        await self._notify()

    def capture(self, samples: Float32) -> None:
        self._kept.append(samples)

    async def say(self, message: Message) -> None:
        """A control message, before what is written from now on. It is not said again: see `on_welcome`."""
        self._to_say.append(message)
        await self._notify()

    def skip(self, position: int) -> None:
        """Nothing was captured up to there: it is sent as muted."""
        self._kept.skip(position)

    def withdraw(self, start: int, end: int) -> None:
        """What was written in [start, end) is not sent any more; should it be needed again, it is sent as muted."""
        self._kept.withdraw(start, end)

    async def end(self) -> None:
        """Nothing more will be captured. The messages go on until everything is settled."""
        self._is_ending = True
        await self._notify()

    async def messages(self) -> AsyncIterator[Message]:
        while (message := await self._messages.get()) is not None:
            yield message
        if self._failure is not None:
            raise self._failure

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _stay_connected(self) -> None:
        ticket = self._admission.ticket
        try:
            while True:
                action = await self._connect_once(ticket)
                if action is CloseAction.STOP:
                    return
                self._on_interrupted()
                await asyncio.sleep(self._backoff_s())
                ticket = await self._fresh_ticket()
        except (ConnectionRefused, InvalidURI) as error:
            self._failure = error
        finally:
            await self._messages.put(None)

    def _backoff_s(self) -> float:
        longest_s: float = min(BACKOFF_LONGEST_S, BACKOFF_FIRST_S * 2**self._n_failures)
        self._n_failures = min(self._n_failures + 1, 10)
        return longest_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads reconnects, protects nothing

    async def _fresh_ticket(self) -> str:
        while True:
            try:
                return await self._rest.fresh_ticket(
                    self._admission.session_id, resume_token=self._admission.resume_token
                )
            except ServerAway:
                await asyncio.sleep(self._backoff_s())

    async def _connect_once(self, ticket: str) -> CloseAction:
        """One connection from hello to close; what to do next. Raises ConnectionRefused."""
        protocols = [Subprotocol("colloquy.v1"), Subprotocol(f"ticket.{ticket}")]
        try:
            async with connect(
                self._admission.ws_url,
                subprotocols=protocols,
                open_timeout=OPEN_TIMEOUT_S,
                ping_interval=PING_EVERY_S,
                ping_timeout=PONG_WITHIN_S,
                close_timeout=CLOSE_WITHIN_S,
                max_size=None,
            ) as socket:
                return await self._converse(socket)
        except (OSError, InvalidHandshake, TimeoutError):
            return CloseAction.RESUME

    async def _converse(self, socket: ClientConnection) -> CloseAction:
        scope = TaskScope("client-socket")
        self._is_sent_away = False  # what an earlier connection was told must not hide why this one ends
        try:
            await socket.send(json.dumps(self._hello()))
            async for data in socket:
                if isinstance(data, str):
                    await self._take(json.loads(data), socket, scope)
                elif self._on_heard is not None:
                    self._on_heard(frame_unpack(data))
        except ConnectionClosed:
            pass
        finally:
            await scope.close()
        if self._is_sent_away:
            return CloseAction.RESUME
        return self._after_close(socket.close_code or 1006, socket.close_reason or "")

    def _after_close(self, code: int, reason: str) -> CloseAction:
        action = close_action(code)
        if action is CloseAction.NEW_TICKET and not self._is_ticket_rejected:
            self._is_ticket_rejected = True
            return CloseAction.RESUME
        if action is CloseAction.RESUME or code == CloseCode.ENDED:
            return action
        raise ConnectionRefused(f"The server closed the connection: {reason or code}.", close_code=code)

    def _hello(self) -> Message:
        hello: Message = {
            "type": "hello",
            "audio": {"codec": "pcm_s16le", "rate": SAMPLE_RATE_HZ},
            "want": self._wants,
        }
        if self._n_connections:
            hello["resume"] = {"token": self._admission.resume_token, "after_seq": self._after_seq}
        return hello

    async def _take(self, message: Message, socket: ClientConnection, scope: TaskScope) -> None:
        match message["type"]:
            case "welcome":
                self._n_connections += 1
                self._is_ticket_rejected = self._is_paused = False
                self._settle(message["settled"])
                self._sent = self._settled
                await socket.send(json.dumps(self._consent))
                self._to_say = deque(self._on_welcome())
                scope.spawn(self._send_audio(socket), name="sender")
            case "ack":
                self._n_failures = 0
                self._settle(message["settled"])
                await self._notify()
            case "flow":
                self._is_paused = message["state"] == "pause"
                await self._notify()
            case "goaway":
                # The node stops: it commits what it has heard while we go on elsewhere, or wait for it to be back.
                self._is_sent_away = True
                await socket.close()
            case "ended":
                self._settle(message["received"])  # the last ack may be older than the last commit
            case "draining" if message["reason"] == "meeting_ended":
                await self.end()
        if isinstance(message.get("seq"), int):
            self._after_seq = max(self._after_seq, message["seq"])
        await self._messages.put(message)

    def _settle(self, position: int) -> None:
        self._settled = max(self._settled, position)
        self._kept.settle(self._settled)

    async def _send_audio(self, socket: ClientConnection) -> None:
        clock = asyncio.get_running_loop().time
        started_s, n_sent = clock(), 0
        burst_samples = MOST_HELD_SAMPLES // 2
        with suppress(ConnectionClosed):  # whoever reads from the socket hears of it
            while True:
                async with self._news:
                    await self._news.wait_for(lambda: self._to_say or self._may_send_frame())
                while self._to_say:
                    await socket.send(json.dumps(self._to_say.popleft()))
                if not self._may_send_frame():
                    continue
                if self._is_over:
                    break
                paced = (clock() - started_s) * SAMPLE_RATE_HZ * STREAM_LIMITS.catchup_x * PACE_MARGIN
                ahead_samples = n_sent - burst_samples - paced
                if ahead_samples > 0:
                    await asyncio.sleep(ahead_samples / (SAMPLE_RATE_HZ * STREAM_LIMITS.catchup_x * PACE_MARGIN))
                n_sent += await self._send_frame(socket)
            await socket.send(json.dumps({"type": "end", "position": self._kept.captured}))

    @property
    def _is_over(self) -> bool:
        return self._is_ending and self._sent >= self._kept.captured

    def _may_send_frame(self) -> bool:
        """A whole frame is there (or the rest, at the end) and the server would take it; or nothing will be."""
        following = self._kept.following(self._sent)
        waiting = self._kept.captured - following
        is_whole = waiting >= self._frame_samples or (self._is_ending and self._kept.captured > self._sent)
        n_ahead = following + self._frame_samples - self._settled
        if n_ahead > MOST_HELD_SAMPLES:  # where nothing was captured nothing is held
            n_ahead = self._kept.count(self._settled, following) + self._frame_samples
        is_room = n_ahead <= MOST_HELD_SAMPLES
        return self._is_over or (not self._is_paused and is_whole and is_room)

    async def _send_frame(self, socket: ClientConnection) -> int:
        """How much that counts for: a jump costs a second."""
        position = self._kept.following(self._sent)
        samples = self._kept.read(position, self._frame_samples)
        payload, is_muted = pcm_encode(samples), position > self._sent
        frame = AudioFrame(is_muted=is_muted, n_samples=samples.size, position=position, payload=payload)
        self._sent = position + samples.size
        await socket.send(frame_pack(frame))
        return samples.size + SAMPLE_RATE_HZ * frame.is_muted
