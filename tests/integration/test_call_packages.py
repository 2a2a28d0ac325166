"""The services' own packages: Teler's connector brings a call in, and each writes what we answer as we write it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree

import httpx
import pytest
from teler import CallFlow
from teler.streams import StreamConnector, StreamOp
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, Stream, VoiceResponse

from meetings.ingest.twiml import twiml_hang_up, twiml_stream
from streaming.recognizers.base import Float32
from tests.calls import TelerScript, audio_messages, key_made
from tests.integration.calls_made import ledger, said, transcript
from tests.sockets import NO_TLS, WAIT_S, Api, Message

NUMBER = "+15551231234"


@pytest.fixture
def key(api: Api, token: str) -> tuple[Message, Message]:
    meeting = api.meeting("A call")
    return meeting, key_made(api.url, meeting, token=token)


@dataclass(slots=True)
class TelerSocket:
    """The socket that Teler has opened to a bridge, as the connector uses it: what is in `said`, then the end."""

    said: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(10))
    told: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    closed_with: int | None = None

    async def iter_text(self) -> AsyncIterator[str]:
        while (text := await self.said.get()) is not None:
            yield text

    async def send_text(self, text: str) -> None:
        await self.told.put(json.loads(text))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed_with = code


@asynccontextmanager
async def bridged(connector: StreamConnector) -> AsyncIterator[TelerSocket]:
    """A call that Teler's own connector bridges; on leaving, the caller has hung up."""
    socket = TelerSocket()
    async with asyncio.TaskGroup() as group:
        group.create_task(connector.bridge_stream(socket))
        yield socket
        await socket.said.put(None)


async def test_a_call_that_teler_s_own_connector_bridges_is_transcribed_under_the_caller_s_name(
    api: Api, key: tuple[Message, Message], beckett: Float32
) -> None:
    """From the flow that Teler asks for, by its address and sample rate, to the last word."""
    meeting, made = key
    asked = {"call_id": "c", "account_id": "a", "from_number": NUMBER, "to_number": "+1", "direction": "incoming"}
    async with httpx.AsyncClient(verify=NO_TLS, timeout=WAIT_S) as teler:
        flow = (await teler.post(made["teler"]["flow_url"], json=asked)).json()
    script = TelerScript(rate_hz=int(flow["sample_rate"].removesuffix("k")) * 1_000, chunk_ms=flow["chunk_size"])
    connector = StreamConnector(remote_url=flow["ws_url"])
    async with bridged(connector) as socket:
        for message in [*script.start(), *audio_messages(script, beckett)]:
            await socket.said.put(json.dumps(message))
            await asyncio.sleep(0.1)
    session = await ledger(api, meeting)
    assert (session["received"], session["gaps"]) == (beckett.size, [])
    assert [each["display_name"] for each in transcript(api, meeting)["participants"]] == ["Phone …1234"]
    assert "ever tried ever failed" in said(api, meeting, "Phone …1234")


async def test_what_we_answer_goes_through_teler_s_own_connector(key: tuple[Message, Message]) -> None:
    _, made = key
    async with bridged(StreamConnector(remote_url=made["teler"]["ws_url"])) as socket:
        await socket.said.put("nonsense")
        async with asyncio.timeout(WAIT_S):
            answer = await socket.told.get()
        assert (answer["type"], answer["fatal"]) == ("error", False)


async def test_a_bridge_that_is_told_to_stop_hangs_up(api: Api, key: tuple[Message, Message], beckett: Float32) -> None:
    meeting, made = key
    script = TelerScript()

    async def until_the_seventh(message: str) -> tuple[str, StreamOp]:
        number = json.loads(message)["message_id"]
        return message, StreamOp.STOP if number > 7 else StreamOp.RELAY

    connector = StreamConnector(remote_url=made["teler"]["ws_url"], call_stream_handler=until_the_seventh)
    async with bridged(connector) as socket:
        for message in [*script.start(), *audio_messages(script, beckett[: 8 * 8_000])]:
            await socket.said.put(json.dumps(message))
            await asyncio.sleep(0.1)
    assert socket.closed_with == 1000
    assert (await ledger(api, meeting))["received"] == 6 * 8_000


async def test_the_flow_is_what_teler_s_own_package_writes(key: tuple[Message, Message]) -> None:
    _, made = key
    async with httpx.AsyncClient(verify=NO_TLS, timeout=WAIT_S) as teler:
        flow = (await teler.post(made["teler"]["flow_url"], json={})).json()
    ours = CallFlow.stream(ws_url=made["teler"]["ws_url"], sample_rate="16k", chunk_size=500, record=False)
    assert flow == ours


async def test_the_twiml_is_what_twilio_s_own_package_writes(key: tuple[Message, Message]) -> None:
    """Asked as Twilio asks: a form, signed over an address that must not change on its way."""
    _, made = key
    address = made["twilio"]["twiml_url"]
    form = {"CallSid": "CA1", "From": NUMBER, "To": "+1"}
    signature = RequestValidator("secret").compute_signature(address, form)
    async with httpx.AsyncClient(verify=NO_TLS, timeout=WAIT_S) as twilio:
        answer = await twilio.post(address, data=form, headers={"X-Twilio-Signature": signature})
    stream = Stream(url=made["twilio"]["ws_url"])
    stream.parameter(name="caller", value="1234")
    response, connect = VoiceResponse(), Connect()
    connect.append(stream)
    response.append(connect)
    response.pause(length=1)
    response.redirect(f"{address}?again=1", method="POST")
    assert same_xml(answer.text, str(response))


def test_hanging_up_is_what_both_packages_write() -> None:
    response = VoiceResponse()
    response.hangup()
    assert same_xml(twiml_hang_up(), str(response))
    assert CallFlow.hangup() == {"action": "hangup"}


def test_addresses_are_escaped_as_twilio_s_own_package_escapes_them() -> None:
    url, again = "wss://meet.example/a?b=1&c=\"<é>'", "https://meet.example/?x=1&y=<2>"
    response, connect = VoiceResponse(), Connect()
    connect.append(Stream(url=url))
    response.append(connect)
    response.pause(length=1)
    response.redirect(again, method="POST")
    assert same_xml(twiml_stream(ws_url=url, caller="", again_url=again), str(response))


def same_xml(ours: str, theirs: str) -> bool:
    return ElementTree.canonicalize(ours) == ElementTree.canonicalize(theirs)
