"""Every problem that the interface or a socket answers with, and what to do about it. A test finds codes that miss."""

from collections.abc import Mapping
from typing import NamedTuple


class ProblemType(NamedTuple):
    """`status` is None where it comes over sockets only."""

    status: int | None
    meaning: str


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "address_not_allowed": ProblemType(422, "A webhook may only be sent to a public address."),
    "bad_cursor": ProblemType(422, "Use `next_cursor` of a page of this very listing, or begin without one."),
    "bad_message": ProblemType(None, "A control message has a field that is not as documented: a bug in the client."),
    "bad_request": ProblemType(400, "The request could not be read as HTTP."),
    "body_too_large": ProblemType(413, "Send less at once."),
    "call_silent": ProblemType(None, "A telephone service sent no audio for a long time; the call may come back."),
    "conflict": ProblemType(409, "Something has changed meanwhile: look at it again."),
    "consent_missing": ProblemType(422, "Nothing is heard of anybody who has not agreed to captions and transcript."),
    "csrf_failed": ProblemType(403, "Send the CSRF token as `X-CSRFToken`, or use an API token."),
    "event_type_unknown": ProblemType(422, "Subscribe to types that docs/webhooks.md lists, or to `*`."),
    "forbidden": ProblemType(403, "You may know of it, and this is not yours to do."),
    "frame_too_large": ProblemType(None, "A message is larger than `limits` allow: a bug in the client."),
    "frame_too_long": ProblemType(None, "A frame lasts longer than `limits.frame_ms`: a bug in the client."),
    "idempotency_key_reused": ProblemType(409, "The key was used for another request: make a new one."),
    "internal_error": ProblemType(500, "A fault of this server; it has been logged."),
    "invalid": ProblemType(422, "A value cannot be accepted; `detail` says which, and why."),
    "key_invalid": ProblemType(404, "The ingest key is unknown, revoked or expired: make another one."),
    "language_unsupported": ProblemType(422, "No speech model of this server knows the language; nothing changed."),
    "link_expired": ProblemType(410, "Addresses of sound work for some minutes: ask for another one."),
    "link_invalid": ProblemType(404, "The address of sound was not made by this server, or was damaged."),
    "malformed_frame": ProblemType(None, "An audio frame does not fit its header: a bug in the client."),
    "malformed_json": ProblemType(400, "The body is no JSON, nests too deeply, or holds text that is not Unicode."),
    "meeting_ended": ProblemType(409, "The meeting has ended: nobody new comes in."),
    "meeting_over": ProblemType(410, "The meeting ended so long ago that nothing is taken any more."),
    "method_not_allowed": ProblemType(405, "`Allow` says which methods this address takes."),
    "name_taken": ProblemType(409, "An account of a person has this name."),
    "not_found": ProblemType(404, "It does not exist, or you may not learn that it does."),
    "not_recorded": ProblemType(404, "There is no recorded sound of it."),
    "overloaded": ProblemType(503, "No room for another voice now; come back after `Retry-After` seconds."),
    "protocol_error": ProblemType(None, "The client does not keep to the protocol: a bug in it."),
    "rate_exceeded": ProblemType(None, "More was sent than the limits allow; come back after a pause."),
    "session_not_resumable": ProblemType(404, "There is no such audio session: begin a new one."),
    "session_unsettled": ProblemType(409, "Some of what was sent is not stored yet."),
    "shelf_unavailable": ProblemType(None, "The storage of recordings does not answer; resume."),
    "slow_consumer": ProblemType(None, "You read too slowly; resume with the last `seq` that you know."),
    "store_refused": ProblemType(None, "A fault of this server: the database does not take what was said."),
    "store_unavailable": ProblemType(None, "The database does not answer; resume."),
    "superseded": ProblemType(409, "A newer connection has taken over this audio session."),
    "ticket_invalid": ProblemType(401, "The ticket is unknown, used or expired: fetch a new one."),
    "too_many_keys": ProblemType(409, "The meeting has as many ingest keys as it may have: revoke one."),
    "too_many_requests": ProblemType(429, "Wait for `Retry-After` seconds; `RateLimit-Remaining` says what is left."),
    "too_many_waiters": ProblemType(503, "Too many requests wait for events on this node: ask without `wait_s`."),
    "too_many_webhooks": ProblemType(409, "You have as many webhooks as you may have: remove one."),
    "unauthenticated": ProblemType(401, "Send a valid API token as `Authorization: Bearer TOKEN`, or log in."),
    "unavailable": ProblemType(503, "The database is busy or out of reach; try again."),
    "unexpected_message": ProblemType(None, "A message came at the wrong moment: a bug in the client."),
    "unexpected_text": ProblemType(None, "A text message is no JSON object: a bug in the client."),
    "unknown_codec": ProblemType(None, "This server takes `pcm_s16le` only."),
    "unsupported_media_type": ProblemType(415, "Send the body as `Content-Type: application/json`."),
    "validation_failed": ProblemType(422, "`errors` says which fields cannot be accepted, and why."),
    "webhook_disabled": ProblemType(409, "Enable the webhook before anything is sent to it."),
    "webhook_url_invalid": ProblemType(422, "The address of a webhook is not one that can be sent to."),
    "wrong_rate": ProblemType(None, "Audio must be sent at 16,000 samples per second."),
}
