"""Every problem that the interface or a socket answers with, and what to do about it. A test finds codes that miss."""

from collections.abc import Mapping
from typing import NamedTuple


class ProblemType(NamedTuple):
    """`status` is None where it comes over sockets only."""

    status: int | None
    meaning: str


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "account_locked": ProblemType(403, "The account is locked: ask whoever runs this server."),
    "address_not_allowed": ProblemType(422, "A webhook may only be sent to a public address."),
    "ambiguous_user": ProblemType(409, "Several accounts have this e-mail address: give the username."),
    "another_line_follows": ProblemType(
        409, "Another line follows by now than the one that was meant: look at the transcript again."
    ),
    "bad_cursor": ProblemType(422, "Use `next_cursor` of a page of this very listing, or begin without one."),
    "bad_if_match": ProblemType(400, '`If-Match` holds one revision in quotes, as in `"3"`.'),
    "bad_message": ProblemType(None, "A control message has a field that is not as documented: a bug in the client."),
    "bad_query": ProblemType(
        422, "There is no word in `q`, or too many, or too few letters before a `*`; `detail` says which."
    ),
    "bad_request": ProblemType(400, "The request could not be read as HTTP."),
    "body_too_large": ProblemType(413, "Send less at once."),
    "call_silent": ProblemType(None, "A telephone service sent no audio for a long time; the call may come back."),
    "changed": ProblemType(409, "Somebody else has just changed or ended it: look at it again."),
    "conflict": ProblemType(409, "Something has changed meanwhile: look at it again."),
    "consent_missing": ProblemType(422, "Nothing is heard of anybody who has not agreed to captions and transcript."),
    "csrf_failed": ProblemType(403, "Send the CSRF token as `X-CSRFToken`, or use an API token."),
    "event_type_unknown": ProblemType(422, "Subscribe to types that docs/webhooks.md lists, or to `*`."),
    "export_outdated": ProblemType(
        410, "Something in the file was redacted after it was made: ask for another export."
    ),
    "export_takes_longer": ProblemType(
        409, "The file is too large to wait for: ask for it by `POST /meetings/{id}/exports`."
    ),
    "forbidden": ProblemType(403, "You may know of it, and this is not yours to do."),
    "frame_too_large": ProblemType(None, "A message is larger than `limits` allow: a bug in the client."),
    "frame_too_long": ProblemType(None, "A frame lasts longer than `limits.frame_ms`: a bug in the client."),
    "has_role": ProblemType(409, "The person has a role in the meeting: change that one."),
    "idempotency_key_reused": ProblemType(422, "The key was used for another request: make a new one."),
    "if_match_required": ProblemType(
        428, 'Say which revision you have changed: `If-Match: "3"`, from the `ETag` or the `rev`.'
    ),
    "internal_error": ProblemType(500, "A fault of this server; it has been logged."),
    "invalid": ProblemType(422, "A value cannot be accepted; `detail` says which, and why."),
    "is_host": ProblemType(409, "The host owns the meeting without a role."),
    "is_member": ProblemType(409, "The person belongs to the organisation: change the role."),
    "kept_differently": ProblemType(
        409, "One of the lines goes when the meeting is over, as its speaker wished: it is not merged."
    ),
    "key_invalid": ProblemType(404, "The ingest key is unknown, revoked or expired: make another one."),
    "language_unsupported": ProblemType(422, "No speech model of this server knows the language; nothing changed."),
    "languages_differ": ProblemType(409, "Lines in different languages are not merged."),
    "last_owner": ProblemType(409, "An organisation keeps an owner: name another one first."),
    "legal_hold": ProblemType(409, "Nothing of the meeting may be deleted until its legal hold is lifted."),
    "link_closed": ProblemType(
        404, "The link was renewed, or joining by it was turned off: ask whoever invited you for the one that works."
    ),
    "link_expired": ProblemType(403, "Addresses of sound work for some minutes: ask for another one."),
    "link_invalid": ProblemType(403, "The address of sound was not made by this server, or was damaged."),
    "link_renewed": ProblemType(409, "Somebody else has just renewed the link: look at it again."),
    "log_in_first": ProblemType(403, "Guests give nobody rights in a meeting: log in."),
    "malformed_frame": ProblemType(None, "An audio frame does not fit its header: a bug in the client."),
    "malformed_json": ProblemType(
        400, "The body is no JSON, nests too deeply, names a field twice, or holds text that is not Unicode."
    ),
    "meeting_ended": ProblemType(409, "The meeting has ended: nobody new comes in."),
    "meeting_not_ended": ProblemType(409, "The second pass begins when the meeting has ended."),
    "meeting_over": ProblemType(410, "The meeting ended so long ago that nothing is taken any more."),
    "method_not_allowed": ProblemType(405, "`Allow` says which methods this address takes."),
    "name_taken": ProblemType(409, "An account of a person has this name."),
    "no_legal_hold": ProblemType(409, "The meeting is not on legal hold."),
    "no_such_hit": ProblemType(422, "The replacement has no hit of this `index`: nothing was replaced."),
    "not_found": ProblemType(404, "It does not exist, or you may not learn that it does."),
    "not_in_this_meeting": ProblemType(422, "The speaker must be a participant of this very meeting."),
    "not_recorded": ProblemType(404, "There is no recorded sound of it."),
    "nothing_recorded": ProblemType(409, "The second pass needs recorded sound, and the meeting has none."),
    "nothing_to_merge": ProblemType(409, "No line of the same speaker and connection follows."),
    "nothing_to_replace": ProblemType(409, "Others have changed all of these lines: search again."),
    "nothing_to_restore": ProblemType(409, "There are no words to put back."),
    "nothing_to_split": ProblemType(422, "A line is split between two of its words, with something on both sides."),
    "nothing_to_undo": ProblemType(409, "Nothing was changed in this line."),
    "option_useless": ProblemType(422, "The format does not take this option: leave it out."),
    "overloaded": ProblemType(503, "No room for another voice now; come back after `Retry-After` seconds."),
    "participant_present": ProblemType(409, "Ask again when the person is not connected any more."),
    "precondition_failed": ProblemType(
        412, "The file is not (any more) the one that `If-Match` names: leave that out."
    ),
    "protocol_error": ProblemType(None, "The client does not keep to the protocol: a bug in it."),
    "rate_exceeded": ProblemType(None, "More was sent than the limits allow; come back after a pause."),
    "recording_redacted": ProblemType(
        404, "The recording is made anew without what was redacted: ask again in a minute."
    ),
    "recording_unreadable": ProblemType(500, "The stored sound is damaged; it has been logged."),
    "revision_mismatch": ProblemType(
        412, "Somebody else has changed the line: `segment` is how it stands now. Nothing was changed."
    ),
    "scope_missing": ProblemType(
        403, "Use an API token with a wider scope: `read`, `write` and `admin` each include those before."
    ),
    "second_pass_off": ProblemType(409, "The second pass is turned off on this server."),
    "segment_changed": ProblemType(409, "The line is not the one whose characters were counted: look at it again."),
    "segment_redacted": ProblemType(409, "The line was redacted: nothing of it can be changed any more."),
    "segment_retracted": ProblemType(409, "The line was taken out of the transcript: put it back first."),
    "session_not_resumable": ProblemType(404, "There is no such audio session: begin a new one."),
    "session_unsettled": ProblemType(409, "Some of what was sent is not stored yet."),
    "shelf_unavailable": ProblemType(None, "The storage of recordings does not answer; resume."),
    "slow_consumer": ProblemType(None, "You read too slowly; resume with the last `seq` that you know."),
    "slug_taken": ProblemType(409, "An organisation has this short name: choose another one."),
    "store_refused": ProblemType(None, "A fault of this server: the database does not take what was said."),
    "store_unavailable": ProblemType(None, "The database does not answer; resume."),
    "superseded": ProblemType(409, "A newer connection has taken over this audio session."),
    "text_deleted": ProblemType(409, "The text of the line was deleted for good."),
    "ticket_invalid": ProblemType(401, "The ticket is unknown, used or expired: fetch a new one."),
    "too_many_exports": ProblemType(409, "As many exports of the meeting are under way as may be: try again later."),
    "too_many_hits": ProblemType(422, "Say more of what to find: nothing was proposed."),
    "too_many_keys": ProblemType(409, "The meeting has as many ingest keys as it may have: revoke one."),
    "too_many_requests": ProblemType(429, "Wait for `Retry-After` seconds; `RateLimit-Remaining` says what is left."),
    "too_many_roles": ProblemType(409, "The meeting has as many roles as it may have: take one away."),
    "too_many_tokens": ProblemType(409, "You have as many API tokens as you may have: revoke one."),
    "too_many_waiters": ProblemType(
        503, "Too many requests wait for events on this node: ask without `wait_s` or `follow`."
    ),
    "too_many_webhooks": ProblemType(409, "You have as many webhooks as you may have: remove one."),
    "unauthenticated": ProblemType(401, "Send a valid API token as `Authorization: Bearer TOKEN`, or log in."),
    "unavailable": ProblemType(503, "The database is busy or out of reach, or the node is about to stop; try again."),
    "undo_blocked": ProblemType(409, "Another line of the same act was changed since: undo that first."),
    "unexpected_message": ProblemType(None, "A message came at the wrong moment: a bug in the client."),
    "unexpected_text": ProblemType(None, "A text message is no JSON object: a bug in the client."),
    "unknown_codec": ProblemType(None, "This server takes `pcm_s16le` only."),
    "unknown_user": ProblemType(422, "No account has this username or e-mail address."),
    "unsupported_media_type": ProblemType(415, "Send the body as `Content-Type: application/json`."),
    "validation_failed": ProblemType(422, "`errors` says which fields cannot be accepted, and why."),
    "webhook_disabled": ProblemType(409, "Enable the webhook before anything is sent to it."),
    "webhook_url_invalid": ProblemType(422, "The address of a webhook is not one that can be sent to."),
    "words_stand_elsewhere": ProblemType(
        409, "The words stand in another line: undo what put them there, or redact that one."
    ),
    "wrong_rate": ProblemType(None, "Audio must be sent at 16,000 samples per second."),
}
