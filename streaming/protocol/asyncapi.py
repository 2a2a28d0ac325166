"""The sockets as an AsyncAPI 3 document, made of the very types that messages are parsed and built with."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from meetings.wire import EventMessage, SegmentMessage
from streaming.ingest import call_asyncapi as calls
from streaming.protocol import client_messages as said
from streaming.protocol import feed_messages, message_examples, server_messages
from streaming.protocol.codes import CLOSE_ACTIONS, CloseCode

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
The audio socket, the caption feed, and the sockets of telephone services, which speak those services' own messages.
Rules, positions and the header of audio frames are in PROTOCOL.md. `x-close-codes` of a channel says what a client does
after a close. Fields and types that are not known are to be ignored.
"""
TICKET = (
    "Offer the subprotocols `colloquy.v1` and `ticket.<TICKET>`; tickets come from "
    "`POST /api/v1/meetings/{id}/participants` and `POST /api/v1/sessions/{id}/ticket`."
)
SECURITY_SCHEMES: Mapping[str, Any] = {
    "ticket": {"type": "httpApiKey", "in": "header", "name": "Sec-WebSocket-Protocol", "description": TICKET},
    "token": {"type": "http", "scheme": "bearer", "description": "an API token, of any scope"},
}


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
                "x-close-codes": _close_codes(),
            },
            "captions": {
                "address": "/meetings/{meeting}/captions",
                "description": f"What everybody says. {TICKET} Or send an API token as `Authorization: Bearer`.",
                "parameters": {"meeting": {"description": "id or code of the meeting"}},
                "messages": _refs("messages", {**OF_FEEDS, "ping": None}),
                "bindings": {"ws": {"method": "GET", "query": _AFTER_SEQ}},
                "x-close-codes": _close_codes(),
            },
            **{service: {**_call_channel(service), "x-close-codes": _close_codes()} for service in calls.SERVICES},
        },
        "operations": {
            "sayAudio": _operation("receive", "audio", (*TO_SERVER, FRAMES), ("ticket",)),
            "hearAudio": _operation("send", "audio", (*TO_CLIENT, FRAMES), ("ticket",)),
            "sayCaptions": _operation("receive", "captions", ("ping",), ("ticket", "token")),
            "hearCaptions": _operation("send", "captions", OF_FEEDS, ("ticket", "token")),
            **_call_operations(),
        },
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": dict(SECURITY_SCHEMES),
        },
    }


_AFTER_SEQ = {
    "type": "object",
    "properties": {"after_seq": {"type": "integer", "minimum": 0, "description": "the last `seq` that is known"}},
}


def _messages() -> tuple[dict[str, Any], dict[str, Any]]:
    inputs = [(name, "validation", TypeAdapter(kind)) for name, kind in {**TO_SERVER, **TO_CLIENT}.items()]
    # adapters of different types; the list is invariant
    payloads, hoisted = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schemas = hoisted.get("$defs", {})
    for kind in TO_SERVER.values():  # whose `type` has a default, and without it nobody knows which message it is
        schemas[kind.__name__]["required"] = ["type", *schemas[kind.__name__].get("required", ())]
    examples = {**message_examples.TO_SERVER, **message_examples.TO_CLIENT}
    messages: dict[str, Any] = {
        name: {"name": name, "payload": payloads[name, "validation"], "examples": _examples(examples[name])}
        for name, _, _ in inputs
    }
    messages[FRAMES] = {
        "name": FRAMES,
        "contentType": "application/octet-stream",
        "summary": "16 bytes of header (PROTOCOL.md), then samples; binary",
        "payload": {"type": "string", "format": "binary"},
        "examples": _examples(message_examples.FRAMES),
    }
    for call in calls.MESSAGES:
        payload, found = calls.payload_of(call)
        schemas.update(found)
        messages[call.name] = {"name": call.name, "payload": payload, "examples": [{"payload": call.example}]}
    return messages, schemas


def _examples(examples: Iterable[message_examples.Example]) -> list[dict[str, Any]]:
    return [{"summary": each.summary, "payload": each.payload} for each in examples]


def _close_codes() -> dict[str, Any]:
    names = {code: name.lower() for name, code in vars(CloseCode).items() if name.isupper()}
    return {str(code): {"name": names[code], "client": action.value} for code, action in CLOSE_ACTIONS.items()}


def _call_channel(service: str) -> dict[str, Any]:
    return {
        "address": f"/ingest/{service}/{{key}}",
        "description": f"A telephone call, as {service.title()} streams it. The key in the address is the credential.",
        "parameters": {"key": {"description": "from `POST /api/v1/meetings/{id}/ingest-keys`"}},
        "messages": _refs("messages", [each.name for each in calls.MESSAGES if each.service == service]),
        "bindings": {"ws": {"method": "GET"}},
    }


def _call_operations() -> dict[str, Any]:
    return {
        f"{verb}{service.title()}": _operation(
            action,
            service,
            [each.name for each in calls.MESSAGES if each.service == service and each.is_from_service == is_said],
        )
        for service in calls.SERVICES
        for verb, action, is_said in (("say", "receive", True), ("hear", "send", False))
    }


def _refs(kind: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/{kind}/{name}"} for name in names}


def _operation(action: str, channel: str, names: Iterable[str], security: Iterable[str] = ()) -> dict[str, Any]:
    """`receive` and `send` are the server's. Any one of `security` opens the socket."""
    operation = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }
    schemes = [{"$ref": f"#/components/securitySchemes/{name}"} for name in security]
    return {**operation, "security": schemes} if schemes else operation
