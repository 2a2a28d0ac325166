"""The AsyncAPI document of the sockets: valid, complete, and true of what is parsed and built."""

import base64
import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from jsonschema import Draft7Validator

from meetings.limits import STREAM_LIMITS
from meetings.models import Meeting, MeetingEvent
from meetings.selectors import events_after
from streaming.errors import SlowConsumer
from streaming.ingest import call_asyncapi as calls
from streaming.ingest.call_messages import CallOther, Dialect
from streaming.ingest.teler import TelerDialect
from streaming.ingest.twilio import TwilioDialect
from streaming.protocol import client_messages, codes, feed_messages, frames, message_examples, server_messages
from streaming.protocol.asyncapi import FRAMES, TO_CLIENT, TO_SERVER
from streaming.routing import websocket_urlpatterns
from tests.contract.test_protocol_page import section, types_in
from tests.integration.made import commit, gap, meeting_made, opened, speech
from tests.nodes import ROOT

OFFICIAL = ROOT / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"
ME, SESSION = uuid4(), uuid4()
NUMBERS = dict.fromkeys(("received", "speech", "nonspeech", "muted", "gap", "segments", "last_seq"), 7)
BUILT: list[Any] = [
    server_messages.welcome_message(
        session_id=SESSION,
        participant_id=ME,
        resumed=False,
        settled=0,
        resume_token="made-up",
        resume_window_s=120,
        after_seq=0,
        heartbeat_ms=10_000,
        limits=STREAM_LIMITS,
        consent=["captions"],
        language="en",
    ),
    server_messages.ack_message(received=2, settled=1, lag_ms=0),
    server_messages.speech_message(participant_id=ME, state="start", at_ms=0),
    server_messages.flow_message(state="slow", reason="recognizers"),
    server_messages.finalized_message(cid="7", position=1),
    server_messages.partials_reset_message(participant_id=ME),
    server_messages.draining_message(reason="client"),
    server_messages.ended_message(**NUMBERS),
    server_messages.said_message(chunk_id="c1", state="done", heard_ms=1, position=1),
    server_messages.barge_in_message(participant_id=ME, chunk_id=None, heard_ms=1, position=1, at_ms=1),
    server_messages.goaway_message(reason="deploy", deadline_ms=5_000),
    server_messages.warning_message(code="ledger"),
    server_messages.pong_message(t=1),
    server_messages.error_message(problem=SlowConsumer().as_problem(), is_fatal=True),
    feed_messages.snapshot_message(segments=[], participants=[]),
    feed_messages.live_message(seq=1),
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    response = Client().get("/api/asyncapi/")
    assert response.status_code == 200
    parsed: dict[str, Any] = response.json()
    return parsed


def problems(document: dict[str, Any], message: Any, *, name: str = "") -> list[str]:
    payload = document["components"]["messages"][name or message["type"]]["payload"]
    validator = Draft7Validator({**payload, "components": document["components"]})
    return [error.message for error in validator.iter_errors(message)]


def test_the_document_is_valid_by_the_official_schema(document: dict[str, Any]) -> None:
    if not OFFICIAL.is_file():
        pytest.skip("the packages of package.json are not installed")
    official = Draft7Validator(json.loads(OFFICIAL.read_text()))
    assert [error.message for error in official.iter_errors(document)] == []
    broken = {**document, "operations": {"say": {"action": "hop"}}}
    assert list(official.iter_errors(broken)) != []


def test_all_messages_of_the_protocol_are_there_and_no_others(document: dict[str, Any]) -> None:
    assert set(TO_SERVER) == types_in(section("What the client says"))
    assert set(TO_CLIENT) == types_in(section("What the server says"))
    of_calls = {each.name for each in calls.MESSAGES}
    assert len(of_calls) == len(calls.MESSAGES)
    assert set(document["components"]["messages"]) == {*TO_SERVER, *TO_CLIENT, FRAMES, *of_calls}


def test_every_socket_is_a_channel_with_its_close_codes(document: dict[str, Any]) -> None:
    served = {re.sub(r"<.*?>", "{}", str(each.pattern)) for each in websocket_urlpatterns} - {""}
    channels = document["channels"].values()
    assert {re.sub(r"\{.*?\}", "{}", f"ws/v1{channel['address']}") for channel in channels} == served
    for channel in channels:
        told = {int(code): each["client"] for code, each in channel["x-close-codes"].items()}
        assert told == dict(codes.CLOSE_ACTIONS)


def test_every_message_has_examples_that_are_such_messages(document: dict[str, Any]) -> None:
    for name, message in document["components"]["messages"].items():
        assert message["examples"], f"streaming/protocol/message_examples.py has none for {name}"
        for example in message["examples"]:
            assert problems(document, example["payload"], name=name) == [], name
        if name != FRAMES:
            assert problems(document, {}, name=name) != [], name


def test_the_examples_of_what_clients_say_are_understood() -> None:
    for examples in message_examples.TO_SERVER.values():
        for example in examples:
            said = client_messages.message_parse(json.dumps(example.payload))
            assert said is not None
            assert said.type == example.payload["type"]


def test_there_is_an_example_of_every_durable_event(document: dict[str, Any]) -> None:
    examples = document["components"]["messages"]["event"]["examples"]
    kinds = [each["payload"]["event"]["type"] for each in examples]
    assert sorted(kinds) == sorted(set(MeetingEvent.Type.values) - {"segment"})


def test_the_events_that_are_described_have_no_field_that_is_not(document: dict[str, Any]) -> None:
    known = set(document["components"]["schemas"]["EventWire"]["properties"])
    for example in document["components"]["messages"]["event"]["examples"]:
        assert set(example["payload"]["event"]) <= known


def test_the_frames_that_are_shown_are_frames() -> None:
    for example in message_examples.FRAMES:
        frames.frame_unpack(base64.b64decode(example.payload))


def test_the_examples_of_telephone_services_are_understood() -> None:
    dialects: dict[str, Dialect] = {"teler": TelerDialect(), "twilio": TwilioDialect()}
    for call in calls.MESSAGES:
        if call.is_from_service:
            understood = dialects[call.service].parse(json.dumps(call.example))
            assert isinstance(understood, CallOther) == (call.said in {"connected", "mark", "dtmf"})


def test_the_messages_of_telephone_services_are_those_of_the_protocol_page() -> None:
    page = section("Telephone calls")
    for call in calls.MESSAGES:
        assert f'{{"{calls.KINDS[call.service]}":"{call.said}"' in page, call.name


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))
    assert references
    for reference in references:
        found: Any = document
        for step in reference.split("/"):
            found = found[step]


@pytest.mark.parametrize("message", BUILT, ids=lambda message: message["type"])
def test_what_the_server_builds_is_as_described(document: dict[str, Any], message: Any) -> None:
    assert problems(document, message) == []
    wrong = {name: value for name, value in message.items() if name == "type"}
    assert problems(document, wrong) != []


def test_every_message_that_is_built_is_tried(document: dict[str, Any]) -> None:
    assert {message["type"] for message in BUILT} == set(TO_CLIENT) - {"segment", "event"}


@pytest.mark.django_db
def test_what_the_log_holds_is_as_described(document: dict[str, Any]) -> None:
    session = opened(meeting_made())
    commit(session.owner, speech(0, 16_000), gap(24_000), received=24_000)
    found = events_after(meeting_id=Meeting.objects.get().pk, after_seq=0, limit=100).messages
    assert {message["type"] for message in found} == {"segment", "event"}
    for message in found:
        assert problems(document, message) == []


def test_what_the_protocol_page_shows_clients_is_as_described(document: dict[str, Any]) -> None:
    shown = re.findall(r"^\{.*?\}$(?!\n \")", section("What the client says"), re.MULTILINE | re.DOTALL)
    assert len(shown) == len(TO_SERVER)
    for text in shown:
        assert problems(document, json.loads(text)) == []
    assert problems(document, {"type": "end", "position": -1}) != []
