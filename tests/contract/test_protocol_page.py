"""PROTOCOL.md says what the code does, and the code does nothing on the wire that PROTOCOL.md does not say."""

import json
import re
import struct
from collections.abc import Iterator

import pytest

from meetings.api import api
from meetings.api.openapi import openapi_document
from meetings.limits import DELIVERY_WINDOW_S, HEARTBEAT_MS, RESUME_WINDOW_S, STREAM_LIMITS, TICKET_TTL_S
from meetings.models import MeetingEvent
from streaming import errors, server, socket_protocol
from streaming.protocol import client_messages, codes, frames
from streaming.recognizers.base import RecognizerClosed, RecognizerError
from tests.nodes import ROOT

PAGE = (ROOT / "PROTOCOL.md").read_text()
PROTOCOL = ROOT / "streaming" / "protocol"
BUILDERS = [PROTOCOL / "server_messages.py", PROTOCOL / "feed_messages.py", ROOT / "meetings" / "messages.py"]
# What each column of the close code table says a client does, by its first word.
ACTIONS = {
    "stops": codes.CloseAction.STOP,
    "this": codes.CloseAction.STOP,
    "resumes": codes.CloseAction.RESUME,
    "fetches": codes.CloseAction.NEW_TICKET,
    "begins": codes.CloseAction.NEW_SESSION,
}


def section(title: str) -> str:
    found = re.search(rf"^###? {re.escape(title)}$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"PROTOCOL.md has no section {title!r}"
    return found[1]


def rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith(("| code |", "| offset |", "| call |")):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def types_in(text: str) -> set[str]:
    return set(re.findall(r'^\{"type":"(\w+)"', text, re.MULTILINE))


def test_every_close_code_is_documented_with_what_the_client_does() -> None:
    documented = {
        int(code): ACTIONS[action.split()[0].rstrip(",")]
        for cell, _meaning, action in rows(section("Close codes"))
        for code in cell.split(",")
    }
    assert documented == dict(codes.CLOSE_ACTIONS)


def test_what_clients_may_say_is_documented() -> None:
    assert types_in(section("What the client says")) == set(client_messages._MODELS)


def test_the_documented_client_messages_are_accepted() -> None:
    for said in re.findall(r"^\{.*?\}$(?!\n \")", section("What the client says"), re.MULTILINE | re.DOTALL):
        assert client_messages.message_parse(said) is not None


def test_what_the_server_says_is_documented() -> None:
    built = {name for path in BUILDERS for name in re.findall(r'"type": "(\w+)"', path.read_text())}
    assert types_in(section("What the server says")) == built


def test_the_durable_events_are_documented() -> None:
    for kind in set(MeetingEvent.Type.values) - {"segment"}:
        assert f"`{kind}`" in section("What the server says")


def test_every_call_is_documented_with_its_query_and_no_other() -> None:
    documented = {}
    for cell, _what in rows(section("Addresses over HTTP")):
        method, _, address = cell.strip("`").partition(" ")
        path, _, query = address.partition("?")
        documented[method, path] = {name.rstrip("=") for name in query.split("&") if name}
    offered = {}
    for path, operations in openapi_document(api)["paths"].items():
        for method, operation in operations.items():
            known = re.sub(r"\{\w+\}", "{id}", path.removeprefix("/api/v1"))
            parameters = operation.get("parameters", [])
            offered[method.upper(), known] = {each["name"] for each in parameters if each["in"] == "query"}
    assert documented == offered


def test_the_numbers_in_welcome_are_those_in_force() -> None:
    said = section("What the server says").replace("\n", "")
    found = re.search(r'"limits":(\{.*?\})\}', said)
    assert found
    assert json.loads(found[1]) == STREAM_LIMITS.as_wire()
    assert f'"heartbeat_ms":{HEARTBEAT_MS}' in said
    assert f'"resume_window_s":{RESUME_WINDOW_S}' in said


def test_the_numbers_in_the_text_are_those_in_force() -> None:
    assert f"within {TICKET_TTL_S} seconds" in PAGE
    assert f"{client_messages.MAX_MESSAGE_BYTES:,} bytes" in PAGE
    assert f"until {DELIVERY_WINDOW_S // 3600} hours after the meeting ended" in PAGE
    assert f"ping every {HEARTBEAT_MS // 1000} seconds" in PAGE
    assert f"nothing came for {socket_protocol.SILENCE_S:.0f}." in PAGE
    assert server.MAX_MESSAGE_BYTES == 1_048_576
    assert "1 MiB" in PAGE


def test_the_frame_header_is_the_documented_one() -> None:
    letters = {"u8": "B", "u32": "I", "u64": "Q"}
    table = list(rows(section("Audio frames")))
    documented = struct.Struct("<" + "".join(letters[kind] for _offset, kind, _field in table))
    assert documented.format == frames.HEADER.format
    offsets = [struct.calcsize("<" + documented.format[1 : 1 + n]) for n in range(len(table))]
    assert [int(offset) for offset, _kind, _field in table] == offsets


@pytest.mark.parametrize("error", [errors.ProtocolError, *errors.ProtocolError.__subclasses__()])
def test_each_protocol_error_has_its_code_documented(error: type[errors.ProtocolError]) -> None:
    assert f"`{error.code}`" in section("Close codes")


def test_every_warning_is_documented() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "streaming").rglob("*.py"))
    warnings = set(re.findall(r'warning(?:_message)?\(code="(\w+)"\)|_warn\("(\w+)"\)', sources))
    warnings = {one or other for one, other in warnings}
    assert warnings >= {"language_unsupported", "ledger", "recording_unavailable"}
    for code in warnings:
        assert f"`{code}`" in section("What the server says")


def test_every_reason_of_a_gap_is_documented() -> None:
    timeline = (ROOT / "streaming" / "timeline.py").read_text()
    skipped = {name for line in timeline.splitlines() if "reason" in line for name in re.findall(r'"(\w+)"', line)}
    failed = {RecognizerError.code, *(error.code for error in RecognizerError.__subclasses__())}
    failed -= {RecognizerClosed.code}  # a stopping node makes no gap: the audio stays with its client
    refused = set(re.findall(r'reason="(\w+)"', (ROOT / "streaming" / "commits.py").read_text()))
    assert refused
    for reason in (skipped - {"gap", "muted"}) | failed | refused:
        assert f"`{reason}`" in section("What the server says")
