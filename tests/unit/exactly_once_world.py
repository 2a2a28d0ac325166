"""A client, its network and two nodes on virtual time: what can happen to them, and what may never be the case."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

from meetings.values import EndedSession, OpenedSession, SessionOwner
from streaming.errors import StreamError, SupersededStream
from streaming.ledger import Ledger
from streaming.pipeline import SessionPipeline
from streaming.protocol.frames import AudioFrame
from streaming.session_items import End
from tests.unit.exactly_once_client import TICK_SAMPLES, Client, Script
from tests.unit.exactly_once_node import Conditions, SimulatedNode
from tests.unit.exactly_once_rows import Account, Rows

TICK_S = 0.1
BACK_OFF_TICKS = 5
MOST_TICKS = 2_000


@dataclass(slots=True, kw_only=True, eq=False)
class Socket:
    """One connection: the frames under way in it, and the consumer at its end."""

    world: "World"
    node: SimulatedNode
    generation: int
    frame_samples: int
    pipeline: SessionPipeline | None = None
    to_node: deque[AudioFrame | End] = field(default_factory=deque)
    delivered: list[AudioFrame] = field(default_factory=list)
    sent: int = 0
    has_said_end: bool = False
    is_flowing: bool = True
    is_closed: bool = False

    def deliver(self, n_items: int) -> None:
        while n_items and self.to_node and not self.is_closed:
            n_items -= 1
            item = self.to_node.popleft()
            if isinstance(item, AudioFrame):
                self.delivered.append(item)
            self.put(item)

    def put(self, item: AudioFrame | End) -> None:
        assert self.pipeline is not None
        try:
            if isinstance(item, AudioFrame):
                self.pipeline.put_frame(item)
            else:
                self.pipeline.put(item)
        except StreamError as error:
            self.fail(error)
        else:
            end = item.end if isinstance(item, AudioFrame) else item.position
            self.world.arrived = max(self.world.arrived, end)

    def close(self) -> None:
        """The node notices that the connection is gone."""
        if not self.is_closed:
            self.is_closed = True
            if self.pipeline is not None and not self.node.store.is_dead:
                self.node.detach(self.pipeline)

    # --- what the pipeline says ---

    def ack(self, *, received: int, settled: int, lag_ms: int) -> None:
        assert self.world.rows.settled() >= settled, "an ack claims what is not committed"
        if self.is_flowing and self is self.world.socket:
            self.world.client.settle(settled)

    def finalized(self, *, cid: str | int | None, position: int, after_seq: int) -> None:
        raise AssertionError("nobody asked")

    def ended(self, counters: EndedSession) -> None:
        if self.is_flowing and self is self.world.socket:
            self.world.client.ended = counters

    def warning(self, *, code: str) -> None:
        self.world.defect(f"a warning: {code}")

    def fail(self, error: StreamError) -> None:
        if isinstance(error, SupersededStream) and self.world.rows.account().generation == self.generation:
            self.world.defect("the newest connection was told that a newer one took over: its client stops for good")
        asyncio.get_running_loop().call_soon(self.close)


class World:
    """Made within the running loop. What it does, it does in an order that its caller decides."""

    def __init__(self, rows: Rows, script: Script) -> None:
        self.rows = rows
        self.client = Client(script)
        self.socket: Socket | None = None  # the client's newest
        self.conditions = Conditions()
        self.nodes = [SimulatedNode(rows, self.conditions) for _ in range(2)]
        self.sockets: list[Socket] = []
        self.hellos: list[tuple[OpenedSession, SimulatedNode]] = []
        self.current_owner: SessionOwner | None = None
        self.arrived = 0
        self.n_ticks = 0
        self._n_ticks_away = 0
        self._published: list[SimulatedNode] = list(self.nodes)
        self._before = rows.account()

    def defect(self, what: str) -> None:
        self.conditions.defects.append(what)

    async def pass_time(self, n_ticks: int) -> None:
        for _ in range(n_ticks):
            self.n_ticks += 1
            self.client.capture()
            self._come_back()
            if self.socket is not None:
                self.client.send(self.socket)
            for socket in self.sockets:
                if socket.is_flowing:
                    socket.deliver(len(socket.to_node))
            await asyncio.sleep(TICK_S)

    def _come_back(self) -> None:
        """As every client does that was told, or has noticed, that its connection is gone."""
        socket = self.socket
        is_away = self.client.ended is None and (socket is None or socket.is_closed)
        self._n_ticks_away = self._n_ticks_away + 1 if is_away else 0
        if self._n_ticks_away > BACK_OFF_TICKS and (opened := self.hello()) is not None:
            self.attach(opened, self.nodes[self.n_ticks % 2])

    def hello(self) -> OpenedSession | None:
        """The client lets go of its socket, whose other end may not notice; None when the session has ended."""
        self.socket = None
        opened = self.rows.open()
        if opened.is_ended:
            self.client.settle(opened.settled)
            self.client.ended = self.rows.end(opened.owner)
            return None
        self.current_owner = opened.owner
        return opened

    def attach(
        self, opened: OpenedSession, node: SimulatedNode, *, frame_samples: int = TICK_SAMPLES, is_heard: bool = True
    ) -> None:
        """`is_heard`: the client is still there to hear the welcome."""
        socket = Socket(
            world=self, node=node, generation=opened.owner.generation, frame_samples=frame_samples, is_flowing=is_heard
        )
        try:
            socket.pipeline = node.attach(opened, socket)
        except SupersededStream:
            return
        self.sockets.append(socket)
        if is_heard:
            self.socket = socket
            self.client.welcome(socket, opened)

    def tell_others(self, opened: OpenedSession, node: SimulatedNode) -> None:
        for other in self.nodes:
            if other is not node:
                other.hear_of_takeover(opened.owner)

    async def kill(self, index: int) -> None:
        dead = self.nodes[index]
        await dead.kill()
        for socket in self.sockets:
            if socket.node is dead:
                socket.is_closed = True
        if self.socket is not None and self.socket.is_closed:
            self.socket = None
        self.sockets = [socket for socket in self.sockets if socket.node is not dead]
        self.hellos = [each for each in self.hellos if each[1] is not dead]
        self.nodes[index] = SimulatedNode(self.rows, self.conditions)
        self._published.append(self.nodes[index])

    async def finish(self) -> Account:
        """Nothing fails any more: the client comes back, as often as it is sent away, and says `end`."""
        self.conditions.fates.clear()
        self.conditions.decoding.clear()
        if self.client.ended is None and (opened := self.hello()) is not None:
            self.attach(opened, self.nodes[0])
        for _ in range(MOST_TICKS):
            if self.client.ended is not None:
                break
            await self.pass_time(1)
            self.check()
        assert self.client.ended is not None, "the client comes back again and again, and nothing gets on"
        account = self.rows.account()
        for socket in self.sockets:
            socket.deliver(len(socket.to_node))  # zombies that wake up after the end
        await self.pass_time(100)
        assert self.rows.account() == account, "an ended session took something more"
        return account

    async def close(self) -> None:
        for node in self.nodes:
            await node.kill()

    def check(self) -> None:
        """What holds at every instant."""
        now, before = self.rows.account(), self._before
        self._before = now
        assert not self.conditions.defects, self.conditions.defects[0]
        counters = {"speech": now.speech, "nonspeech": now.nonspeech, "muted": now.muted, "gap": now.gap}
        problem = Ledger(received=now.received, settled=now.settled, **counters).problem
        assert problem is None, problem
        assert now.settled >= before.settled, "settled went back"
        assert now.settled <= self.arrived, "more is settled than ever arrived"
        assert now.received <= self.arrived, "more counts as received than ever arrived"
        assert set(before.lines) <= set(now.lines), "a line vanished or changed"
        assert all(a.end <= b.start for a, b in pairwise(now.lines)), "two lines share samples"
        assert not now.lines or now.lines[-1].end <= now.settled, "a line reaches beyond what is settled"
        assert sum(line.end - line.start for line in now.lines) == now.speech, "lines and account differ"
        assert list(now.seqs) == list(range(now.seqs[0], now.seqs[0] + len(now.seqs))) if now.seqs else True
        self._check_times(now, before)
        self._check_told(now)

    def _check_times(self, now: Account, before: Account) -> None:
        """What was said and lost keeps its meeting time, whatever is learnt of the clock later."""
        if before.clock is not None:
            assert now.clock is not None, "the meeting time of a session was forgotten"
            told = [*((line.start, line.end) for line in before.lines), *(gap[:2] for gap in before.gaps)]
            for position in {position for start, end in told for position in (start, end - 1)}:
                assert now.clock.meeting_ms(position) == before.clock.meeting_ms(position), "a committed time changed"

    def _check_told(self, now: Account) -> None:
        assert self.client.settled <= now.settled, "the client was told to forget what is not committed"
        for socket in self.sockets:
            assert socket.pipeline is None or socket.pipeline.settled <= now.settled
        for node in self._published:
            for message in node.published:
                assert message.get("seq") is None, "a pipeline published a fact by itself"
                assert message["type"] != "segment" or message["segment"]["state"] in ("partial", "retracted")
            node.published.clear()


def what_became(account: Account) -> tuple[object, ...]:
    """What a run must have in common with every other run of the same script."""
    gaps: list[tuple[int, int, str]] = []
    for start, end, reason in account.gaps:
        if gaps and gaps[-1][1:] == (start, reason):  # neighbours are one event or two: it depends on who was in time
            start = gaps.pop()[0]
        gaps.append((start, end, reason))
    counters = (account.speech, account.nonspeech, account.muted, account.gap)
    return account.received, account.settled, *counters, account.lines, tuple(gaps)
