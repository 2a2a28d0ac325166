"""The sockets as an AsyncAPI 3 document, made of the very types that messages are parsed and built with."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from meetings.wire import EventMessage, SegmentMessage
from streaming.protocol import client_messages as said
from streaming.protocol import feed_messages, server_messages

TO_SERVER: Mapping[str, Any] = said._MODELS
OF_FEEDS: Mapping[str, Any] = {
    "segment": SegmentMessage,
    "event": EventMessage,
    "snapshot": feed_messages.Snapshot,
    "live": feed_messages.Live,
    "speech": server_messages.Speech,
    "partials_reset": server_messages.PartialsReset,
    "goaway": server_messages.Goaway,
    "warning": server_messages.Warned,
    "pong": server_messages.Pong,
    "error": server_messages.ErrorSaid,
}
TO_CLIENT: Mapping[str, Any] = {
    **OF_FEEDS,
    "welcome": server_messages.Welcome,
    "ack": server_messages.Ack,
    "flow": server_messages.Flow,
    "finalized": server_messages.Finalized,
    "draining": server_messages.Draining,
    "ended": server_messages.Ended,
    "said": server_messages.Said,
    "barge_in": server_messages.BargeIn,
}
FRAMES = "audio_frame"
DESCRIPTION = """\
The audio socket and the caption feed. Rules, positions, close codes and the header of audio frames are in PROTOCOL.md;
the sockets of telephone services speak those services' own messages and are described there too. Fields and types that
are not known are to be ignored.
"""
TICKET = (
    "Offer the subprotocols `colloquy.v1` and `ticket.<TICKET>`; tickets come from "
    "`POST /api/v1/meetings/{id}/participants` and `POST /api/v1/sessions/{id}/ticket`."
)


def asyncapi_document(*, host: str, is_secure: bool) -> dict[str, Any]:
    messages, schemas = _messages()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Colloquy sockets", "version": "1", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {"here": {"host": host, "protocol": "wss" if is_secure else "ws", "pathname": "/ws/v1"}},
        "channels": {
            "audio": {
                "address": "/audio",
                "description": f"One participant's voice, and what everybody says. {TICKET}",
                "messages": _refs("messages", {**TO_CLIENT, **TO_SERVER, FRAMES: None}),
                "bindings": {"ws": {"method": "GET"}},
            },
            "captions": {
                "address": "/meetings/{meeting}/captions",
                "description": f"What everybody says. {TICKET} Or send an API token as `Authorization: Bearer`.",
                "parameters": {"meeting": {"description": "id or code of the meeting"}},
                "messages": _refs("messages", {**OF_FEEDS, "ping": None}),
                "bindings": {"ws": {"method": "GET", "query": _AFTER_SEQ}},
            },
        },
        "operations": {
            "sayAudio": _operation("receive", "audio", (*TO_SERVER, FRAMES)),
            "hearAudio": _operation("send", "audio", (*TO_CLIENT, FRAMES)),
            "sayCaptions": _operation("receive", "captions", ("ping",)),
            "hearCaptions": _operation("send", "captions", OF_FEEDS),
        },
        "components": {"messages": messages, "schemas": schemas},
    }


_AFTER_SEQ = {
    "type": "object",
    "properties": {"after_seq": {"type": "integer", "minimum": 0, "description": "the last `seq` that is known"}},
}


def _messages() -> tuple[dict[str, Any], dict[str, Any]]:
    inputs = [(name, "validation", TypeAdapter(kind)) for name, kind in {**TO_SERVER, **TO_CLIENT}.items()]
    # adapters of different types; the list is invariant
    payloads, hoisted = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    messages: dict[str, Any] = {name: {"name": name, "payload": payloads[name, "validation"]} for name, _, _ in inputs}
    messages[FRAMES] = {
        "name": FRAMES,
        "contentType": "application/octet-stream",
        "summary": "16 bytes of header (PROTOCOL.md), then samples; binary",
        "payload": {"type": "string", "format": "binary"},
    }
    return messages, hoisted.get("$defs", {})


def _refs(kind: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/{kind}/{name}"} for name in names}


def _operation(action: str, channel: str, names: Iterable[str]) -> dict[str, Any]:
    """`receive` and `send` are the server's."""
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }
