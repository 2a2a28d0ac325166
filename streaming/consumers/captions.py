"""The caption feed: everything that a meeting says, for those who only read."""

from urllib.parse import parse_qs

from meetings.values import FeedReader, Redeemed
from streaming.conditions import FlowState
from streaming.consumers.base import TICKET_PREFIX, StreamConsumer
from streaming.errors import ForbiddenStream, ProtocolError
from streaming.feeds import Subscription, Wants
from streaming.protocol import client_messages, server_messages


class CaptionsConsumer(StreamConsumer):
    """Read-only. A ticket of this meeting, or an API token as `Authorization: Bearer`, opens it.

    It ends when that token, or what let the viewer in, was taken away.
    """

    _subscription: Subscription | None = None

    async def opened(self, redeemed: Redeemed | None) -> None:
        after_seq = self._after_seq()
        reader = await self._reader(redeemed)
        self._subscription = await self.node.broadcast.subscribe(
            reader.meeting_id, after_seq=after_seq, wants=Wants(), on_meeting_ended=lambda: None
        )
        self.feed(self._subscription)
        self.listen_to_node()
        self.node.feed_rights.watch(self, reader)

    async def received_text(self, text: str) -> None:
        match client_messages.message_parse(text):
            case client_messages.Ping(t=t):
                self.say(server_messages.pong_message(t=t))

    def flow(self, *, state: FlowState, reason: str) -> None:
        """Nothing is sent here that could be paused: of that, the warning tells."""
        if state != "pause":
            super().flow(state=state, reason=reason)

    def closed(self) -> None:
        if self._subscription is not None:
            self.node.broadcast.unsubscribe(self._subscription)
            self.node.feed_rights.forget(self)

    async def redeem(self, offered: list[str]) -> Redeemed | None:
        if self._bearer() and not any(each.startswith(TICKET_PREFIX) for each in offered):
            return None
        return await super().redeem(offered)

    async def _reader(self, redeemed: Redeemed | None) -> FeedReader:
        reference = self.scope["url_route"]["kwargs"]["reference"]
        if redeemed is None:
            return await self.node.store.feed_open_by_token(self._bearer(), reference)
        if not await self.node.store.meeting_is(redeemed.meeting_id, reference):
            raise ForbiddenStream("this ticket is for another meeting")
        return redeemed.feed or FeedReader(meeting_id=redeemed.meeting_id)

    def _after_seq(self) -> int:
        query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        text = query.get("after_seq", ["0"])[-1]
        if not text.isdecimal() or len(text) > 15:
            raise ProtocolError("after_seq is a whole number from 0 on")
        return int(text)

    def _bearer(self) -> str:
        for name, value in self.scope["headers"]:
            if name == b"authorization" and value[:7].lower() == b"bearer ":
                return str(value[7:].decode("latin-1").strip())
        return ""
