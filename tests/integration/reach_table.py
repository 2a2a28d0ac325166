"""Who reaches what: one line for each call, one column for each kind of caller. A new address is a new line here.

`{ref}` is the meeting's id, which tells a stranger nothing; `{code}` its code, which is the invitation. A number is a
status; a word is the code of a problem document; one alone holds for all. The meeting's host is none of the callers.
"""

PERSONAS = ("nobody", "stranger", "viewer", "editor", "owner", "admin")

HTTP = """
# call                                                    nobody stranger viewer editor owner admin
GET    /healthz                                              200
GET    /readyz                                               503
GET    /metrics                                              200
GET    /api/schema/                                          200
GET    /api/schema                                           200
GET    /api/docs/                                            200
GET    /api/docs                                             200
GET    /api/asyncapi/                                        200
GET    /api/v1/                                              404
GET    /api/anything                                         404
GET    /ingest/teler/{word}/flow                             key_invalid
GET    /ingest/twilio/{word}/twiml                           key_invalid

GET    /problems/                                            200
GET    /problems/{problem}                                   200
GET    /problems/{word}                                      404

GET    /                                                     200
POST   /                                                     302
GET    /join/?code={code}                                    302
GET    /m/{code}/                                            200
GET    /m/{code}/transcript/                                 200
GET    /m/{code}/recordings/{recording_id}/               403 403 403 403 302 302
POST   /m/{code}/recordings/{failed_recording_id}/retry/  403 403 403 403 302 302
POST   /m/{code}/second-pass/                             403 403 403 403 302 302
GET    /m/{code}/history/                                 403 403 403 403 200 200
GET    /m/{code}/keeping/                                 403 403 403 403 200 200
POST   /m/{code}/keeping/                                 403 403 403 403 302 302
GET    /m/{code}/people/                                  403 403 403 403 200 200
GET    /m/{code}/people/{participant_id}/                 403 403 403 403 200 200
POST   /m/{code}/people/{participant_id}/                 403 403 403 403 302 302
GET    /m/{code}/people/{participant_id}/data/            403 403 403 403 200 200
# Who has a role without managing the meeting sees it there, and can give it up.
GET    /m/{code}/sharing/                                 403 403 200 200 200 200
POST   /m/{code}/sharing/                                 403 403 403 403 302 302
GET    /organisations/                                    302 200 200 200 200 200
POST   /organisations/                                    302 403 403 403 403 302
GET    /organisations/{slug}/                             302 404 200 200 200 200
POST   /organisations/{slug}/                             302 404 403 302 302 302
GET    /search/                                              200
GET    /search/?q=hello                                   403 200 200 200 200 200
GET    /search/?q=hello&meeting={code}                       200
GET    /login/                                               200
POST   /login/                                               200
GET    /login/sso/                                           404
GET    /login/sso/callback/                                  404
POST   /logout/                                              302
GET    /account/                                             302 200 200 200 200 200
GET    /account/password/                                    302 200 200 200 200 200
GET    /account/data/                                        302 200 200 200 200 200
GET    /account/data/file/                                   302 200 200 200 200 200
# Without a mail server none of them can be sent.
GET    /account/password/reset/                              200
POST   /account/password/reset/                              503
GET    /account/password/reset/sent/                         200
GET    /account/password/reset/{word}/{word}/                404
POST   /account/tokens/                                      302 201 201 201 201 201
POST   /account/tokens/{token_id}/revoke/                    302 404 404 404 404 302
GET    /account/webhooks/                                 302 200 200 200 200 200
POST   /account/webhooks/                                 302 201 201 201 201 201
GET    /account/webhooks/{webhook_id}/                    302 404 404 404 200 404
POST   /account/webhooks/{webhook_id}/                    302 404 404 404 302 404
POST   /account/deliveries/{delivery_id}/again/           302 404 404 404 302 404

GET    /api/v1/meetings                                   401 200 200 200 200 200
POST   /api/v1/meetings                                      201
POST   /api/v1/meetings?organisation                      401 404 201 201 201 201
GET    /api/v1/meetings/{ref}                             404 404 200 200 200 200
GET    /api/v1/meetings/{code}                               200
PATCH  /api/v1/meetings/{ref}                             404 404 403 403 200 200
PATCH  /api/v1/meetings/{code}                            403 403 403 403 200 200
PATCH  /api/v1/meetings/{ref}?keeping                     404 404 403 403 200 200
PATCH  /api/v1/meetings/{code}?keeping                    403 403 403 403 200 200
POST   /api/v1/meetings/{ref}/end                         404 404 403 403 200 200
POST   /api/v1/meetings/{code}/end                        403 403 403 403 200 200
GET    /api/v1/meetings/{ref}/participants                404 404 200 200 200 200
POST   /api/v1/meetings/{ref}/participants                404 404 201 201 201 201
POST   /api/v1/meetings/{code}/participants                  201
PATCH  /api/v1/meetings/{ref}/participants/{participant_id}   404 404 403 403 200 200
PATCH  /api/v1/meetings/{code}/participants/{participant_id}  403 403 403 403 200 200
POST   /api/v1/sessions/{session_id}/ticket                  404
GET    /api/v1/meetings/{ref}/transcript.json             404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/transcript.vtt              404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/transcript.srt              404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/transcript.txt              404 404 200 200 200 200
GET    /api/v1/meetings/{code}/transcript.json               200
GET    /api/v1/meetings/{ref}/segments                    404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/ledger                      404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/events                      404 404 200 200 200 200
GET    /api/v1/meetings/{code}/events                        200
GET    /api/v1/meetings/{ref}/captions.vtt                404 404 200 200 200 200
GET    /api/v1/meetings/{code}/captions.vtt                  200
# Nothing goes on in a process without the live half.
GET    /api/v1/meetings/{code}/captions.vtt?follow=true      unavailable
GET    /api/v1/meetings/{ref}/captions/stream             404 404 unavailable unavailable unavailable unavailable
GET    /api/v1/meetings/{code}/captions/stream               unavailable
GET    /api/v1/segments/{segment_id}/audio                404 404 not_recorded not_recorded not_recorded not_recorded
GET    /api/v1/meetings/{ref}/segments/{segment_id}/audio 404 404 not_recorded not_recorded not_recorded not_recorded
GET    /api/v1/meetings/{ref}/recordings                  404 404 403 403 200 200
GET    /api/v1/meetings/{code}/recordings                 403 403 403 403 200 200
DELETE /api/v1/meetings/{ref}/recordings                  404 404 403 403 204 204
POST   /api/v1/meetings/{ref}/recordings/{failed_recording_id}/retry   404 404 403 403 202 202
POST   /api/v1/meetings/{code}/recordings/{failed_recording_id}/retry  403 403 403 403 202 202
GET    /api/v1/meetings/{ref}/second-pass                 404 404 200 200 200 200
GET    /api/v1/meetings/{code}/second-pass                   200
POST   /api/v1/meetings/{ref}/second-pass                 404 404 403 403 meeting_not_ended meeting_not_ended
POST   /api/v1/meetings/{code}/second-pass                403 403 403 403 meeting_not_ended meeting_not_ended
GET    /api/v1/audio/segments/{word}                         link_invalid
GET    /api/v1/audio/recordings/{word}                       link_invalid
GET    /api/v1/meetings/{ref}/ingest-keys                 404 404 403 403 200 200
POST   /api/v1/meetings/{ref}/ingest-keys                 404 404 403 403 201 201
POST   /api/v1/meetings/{code}/ingest-keys                403 403 403 403 201 201
DELETE /api/v1/meetings/{ref}/ingest-keys/{key_id}        404 404 403 403 204 204

GET    /api/v1/meetings/{ref}/roles                       404 404 403 403 200 200
GET    /api/v1/meetings/{code}/roles                      403 403 403 403 200 200
POST   /api/v1/meetings/{ref}/roles                       404 404 403 403 201 201
POST   /api/v1/meetings/{code}/roles                      403 403 403 403 201 201
PATCH  /api/v1/meetings/{ref}/roles/{role_id}             404 404 403 403 200 200
DELETE /api/v1/meetings/{ref}/roles/{role_id}             404 404 403 403 204 204
GET    /api/v1/meetings/{ref}/link                        404 404 403 403 200 200
GET    /api/v1/meetings/{code}/link                       403 403 403 403 200 200
PATCH  /api/v1/meetings/{ref}/link                        404 404 403 403 200 200
PATCH  /api/v1/meetings/{code}/link                       403 403 403 403 200 200
POST   /api/v1/meetings/{ref}/link/renew                  404 404 403 403 200 200
POST   /api/v1/meetings/{code}/link/renew                 403 403 403 403 200 200
GET    /api/v1/meetings/{ref}/organisation                404 404 403 403 200 200
PUT    /api/v1/meetings/{ref}/organisation                404 404 403 403 200 200
# The viewer is a member of the organisation, the editor an admin of it, the owner an owner.
GET    /api/v1/organisations                              401 200 200 200 200 200
POST   /api/v1/organisations                              401 403 403 403 403 201
GET    /api/v1/organisations/{slug}                       401 404 200 200 200 200
PATCH  /api/v1/organisations/{slug}                       401 404 403 200 200 200
GET    /api/v1/organisations/{slug}/members               401 404 403 200 200 200
POST   /api/v1/organisations/{slug}/members               401 404 403 201 201 201
PATCH  /api/v1/organisations/{slug}/members/{membership_id}   401 404 403 403 200 200
DELETE /api/v1/organisations/{slug}/members/{membership_id}   401 404 403 204 204 204
GET    /api/v1/tokens                                     401 200 200 200 200 200
POST   /api/v1/tokens                                     401 201 201 201 201 201
DELETE /api/v1/tokens/{token_id}                          401 404 404 404 404 204

GET    /api/v1/search?q=hello                             401 200 200 200 200 200
GET    /api/v1/search?q=hello&meeting={ref}               404 404 200 200 200 200
GET    /api/v1/search?q=hello&meeting={code}                 200

GET    /api/v1/segments/{segment_id}                      404 404 200 200 200 200
PATCH  /api/v1/segments/{segment_id}                      404 404 403 200 200 200
GET    /api/v1/segments/{segment_id}/revisions            404 404 200 200 200 200
POST   /api/v1/segments/{segment_id}/undo                 404 404 403 200 200 200
POST   /api/v1/segments/{segment_id}/split                404 404 403 200 200 200
POST   /api/v1/segments/{segment_id}/merge                404 404 403 200 200 200
POST   /api/v1/segments/{segment_id}/retract              404 404 403 200 200 200
POST   /api/v1/segments/{segment_id}/restore              404 404 403 conflict conflict conflict
POST   /api/v1/segments/{segment_id}/redact               404 404 403 200 200 200
GET    /api/v1/meetings/{ref}/retracted                   404 404 403 200 200 200
GET    /api/v1/meetings/{code}/retracted                  403 403 403 200 200 200
GET    /api/v1/meetings/{ref}/replacements                404 404 403 200 200 200
GET    /api/v1/meetings/{code}/replacements               403 403 403 200 200 200
POST   /api/v1/meetings/{ref}/replacements                404 404 403 201 201 201
POST   /api/v1/meetings/{code}/replacements               403 403 403 201 201 201
GET    /api/v1/meetings/{ref}/replacements/{replacement_id}           404 404 403 200 200 200
POST   /api/v1/meetings/{ref}/replacements/{replacement_id}/apply     404 404 403 200 200 200
POST   /api/v1/meetings/{code}/replacements/{replacement_id}/apply    403 403 403 200 200 200
POST   /api/v1/meetings/{ref}/replacements/{applied_id}/revert        404 404 403 200 200 200

GET    /api/v1/meetings/{ref}/transcript.md               404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/transcript.csv              404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/transcript.docx             404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/transcript.pdf              404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/transcript.ttml             404 404 200 200 200 200
GET    /api/v1/meetings/{ref}/transcript.zip              404 404 403 403 200 200
GET    /api/v1/meetings/{code}/transcript.md                 200
GET    /api/v1/meetings/{code}/transcript.zip             403 403 403 403 200 200
# The export is the host's: others who may read the meeting see only their own.
GET    /api/v1/meetings/{ref}/exports                     404 404 200 200 200 200
GET    /api/v1/meetings/{code}/exports                       200
POST   /api/v1/meetings/{ref}/exports                     404 404 202 202 202 202
POST   /api/v1/meetings/{code}/exports                       202
POST   /api/v1/meetings/{ref}/exports?archive             404 404 403 403 202 202
POST   /api/v1/meetings/{code}/exports?archive            403 403 403 403 202 202
GET    /api/v1/exports/{export_id}                        404 404 404 404 200 200
GET    /api/v1/exports/{export_id}/file                   404 404 404 404 200 200
GET    /api/v1/meetings/{ref}/exports/{export_id}         404 404 404 404 200 200
GET    /api/v1/meetings/{code}/exports/{export_id}        404 404 404 404 200 200
GET    /api/v1/meetings/{code}/exports/{export_id}/file   404 404 404 404 200 200

GET    /api/v1/meetings/{ref}/audit                       404 404 403 403 200 200
GET    /api/v1/meetings/{code}/audit                      403 403 403 403 200 200
GET    /api/v1/meetings/{ref}/audit/proof                 404 404 403 403 200 200
GET    /api/v1/meetings/{code}/audit/proof                403 403 403 403 200 200
GET    /api/v1/audit/key                                     200

GET    /api/v1/meetings/{ref}/retention                   404 404 403 403 200 200
GET    /api/v1/meetings/{code}/retention                  403 403 403 403 200 200
PUT    /api/v1/meetings/{ref}/hold                        404 404 403 403 200 200
PUT    /api/v1/meetings/{code}/hold                       403 403 403 403 200 200
DELETE /api/v1/meetings/{ref}/hold                        404 404 403 403 no_legal_hold no_legal_hold
DELETE /api/v1/meetings/{code}/hold                       403 403 403 403 no_legal_hold no_legal_hold
POST   /api/v1/meetings/{ref}/purge                       404 404 403 403 202 202
POST   /api/v1/meetings/{code}/purge                      403 403 403 403 202 202
GET    /api/v1/me/data                                    401 200 200 200 200 200
GET    /api/v1/meetings/{ref}/participants/{participant_id}/data     404 404 403 403 200 200
GET    /api/v1/meetings/{code}/participants/{participant_id}/data    403 403 403 403 200 200
POST /api/v1/meetings/{ref}/participants/{participant_id}/erase 404 404 403 403 participant_present participant_present
POST /api/v1/meetings/{code}/participants/{participant_id}/erase 403 403 403 403 participant_present participant_present

# The webhook is the owner's, and nobody else's, whatever they may see.
GET    /api/v1/webhooks                                   401 200 200 200 200 200
POST   /api/v1/webhooks                                   401 201 201 201 201 201
GET    /api/v1/webhooks/{webhook_id}                      401 404 404 404 200 404
PATCH  /api/v1/webhooks/{webhook_id}                      401 404 404 404 200 404
DELETE /api/v1/webhooks/{webhook_id}                      401 404 404 404 204 404
POST   /api/v1/webhooks/{webhook_id}/rotate               401 404 404 404 200 404
POST   /api/v1/webhooks/{webhook_id}/test                 401 404 404 404 202 404
GET    /api/v1/webhooks/{webhook_id}/deliveries           401 404 404 404 200 404
POST   /api/v1/deliveries/{delivery_id}/redeliver         401 404 404 404 202 404
POST   /api/v1/webhooks/{webhook_id}/redeliver            401 404 404 404 202 404
"""

# Every address of the admin, whichever it is: only staff see anything.
ADMIN_PREFIX = "/admin/"

BODIES: dict[str, dict[str, object]] = {
    "POST /": {"title": "Board", "language": "en"},
    "POST /login/": {"username": "host", "password": "wrong"},
    "POST /m/{code}/people/{participant_id}/": {"act": "erase", "sure": "on"},
    "POST /m/{code}/sharing/": {"act": "give", "person": "newcomer", "role": "viewer"},
    "POST /organisations/": {"name": "Other", "slug": "other"},
    "POST /organisations/{slug}/": {"act": "add", "person": "newcomer", "role": "member"},
    "POST /account/password/reset/": {"email": "host@example.org"},
    "POST /account/tokens/": {"name": "mine", "scope": "read", "days": "30"},
    "POST /account/webhooks/": {"url": "https://example.com/hook", "everything": "on"},
    "POST /account/webhooks/{webhook_id}/": {"act": "pause"},
    "POST /api/v1/meetings": {"title": "Board"},
    "POST /api/v1/meetings?organisation": {"title": "Board", "organisation": "board"},
    "PATCH /api/v1/meetings/{ref}": {"title": "Other"},
    "PATCH /api/v1/meetings/{ref}?keeping": {"policies": {"retention_days": 1}},
    "POST /api/v1/meetings/{ref}/participants": {"display_name": "Bob"},
    "PATCH /api/v1/meetings/{ref}/participants/{participant_id}": {"display_name": "Bob"},
    "POST /api/v1/meetings/{ref}/ingest-keys": {"consent": ["captions", "transcript"]},
    "POST /api/v1/meetings/{ref}/roles": {"user": "newcomer", "role": "viewer"},
    "PATCH /api/v1/meetings/{ref}/roles/{role_id}": {"role": "editor"},
    "PATCH /api/v1/meetings/{ref}/link": {"is_open": False},
    "PUT /api/v1/meetings/{ref}/organisation": {"organisation": "board"},
    "POST /api/v1/organisations": {"name": "Other", "slug": "other"},
    "PATCH /api/v1/organisations/{slug}": {"name": "Other"},
    "POST /api/v1/organisations/{slug}/members": {"user": "newcomer"},
    "PATCH /api/v1/organisations/{slug}/members/{membership_id}": {"role": "admin"},
    "POST /api/v1/tokens": {"name": "mine"},
    "POST /m/{code}/keeping/": {"act": "purge_text", "sure": "on"},
    "PATCH /api/v1/segments/{segment_id}": {"text": "hello all"},
    "POST /api/v1/segments/{segment_id}/split": {"at": 6},
    "POST /api/v1/segments/{segment_id}/redact": {"whole": True},
    "POST /api/v1/meetings/{ref}/replacements": {"find": "hello", "replace": "hi"},
    "POST /api/v1/meetings/{ref}/exports": {"format": "md"},
    "POST /api/v1/meetings/{ref}/exports?archive": {"format": "zip"},
    "PUT /api/v1/meetings/{ref}/hold": {"reason": "a claim"},
    "POST /api/v1/meetings/{ref}/purge": {"what": "text"},
    "POST /api/v1/webhooks": {"url": "https://example.com/hook", "event_types": ["*"]},
    "PATCH /api/v1/webhooks/{webhook_id}": {"description": "Archive"},
}

# What an API token needs the scope `admin` for. Else reading needs `read` and everything else `write`.
ADMIN_SCOPE = """
POST /api/v1/meetings?organisation
PATCH /api/v1/meetings/{ref}?keeping
DELETE /api/v1/meetings/{ref}/recordings
GET /api/v1/meetings/{ref}/ingest-keys
POST /api/v1/meetings/{ref}/ingest-keys
DELETE /api/v1/meetings/{ref}/ingest-keys/{key_id}
GET /api/v1/meetings/{ref}/roles
POST /api/v1/meetings/{ref}/roles
PATCH /api/v1/meetings/{ref}/roles/{role_id}
DELETE /api/v1/meetings/{ref}/roles/{role_id}
GET /api/v1/meetings/{ref}/link
PATCH /api/v1/meetings/{ref}/link
POST /api/v1/meetings/{ref}/link/renew
GET /api/v1/meetings/{ref}/organisation
PUT /api/v1/meetings/{ref}/organisation
GET /api/v1/organisations
POST /api/v1/organisations
GET /api/v1/organisations/{slug}
PATCH /api/v1/organisations/{slug}
GET /api/v1/organisations/{slug}/members
POST /api/v1/organisations/{slug}/members
PATCH /api/v1/organisations/{slug}/members/{membership_id}
DELETE /api/v1/organisations/{slug}/members/{membership_id}
GET /api/v1/tokens
POST /api/v1/tokens
DELETE /api/v1/tokens/{token_id}
POST /api/v1/segments/{segment_id}/redact
GET /api/v1/meetings/{ref}/retention
PUT /api/v1/meetings/{ref}/hold
DELETE /api/v1/meetings/{ref}/hold
POST /api/v1/meetings/{ref}/purge
POST /api/v1/meetings/{ref}/participants/{participant_id}/erase
GET /api/v1/webhooks
POST /api/v1/webhooks
GET /api/v1/webhooks/{webhook_id}
PATCH /api/v1/webhooks/{webhook_id}
DELETE /api/v1/webhooks/{webhook_id}
POST /api/v1/webhooks/{webhook_id}/rotate
POST /api/v1/webhooks/{webhook_id}/test
POST /api/v1/webhooks/{webhook_id}/redeliver
GET /api/v1/webhooks/{webhook_id}/deliveries
POST /api/v1/deliveries/{delivery_id}/redeliver
"""
# These take no credentials: the former carry a signed permission in their address, the last is a public key.
NO_CREDENTIALS = {
    "GET /api/v1/audio/segments/{word}",
    "GET /api/v1/audio/recordings/{word}",
    "GET /api/v1/audit/key",
}

# Sockets: the first thing that is said, or the close code. Callers show their API token as `Authorization`; nobody has
# none. Only the caption feed takes tokens, the others want a ticket or a key.
SOCKETS = """
# address                                                 nobody stranger viewer editor owner admin
/ws/v1/audio                                                 4401
/ws/v1/meetings/{ref}/captions                            4401 4404 open open open open
/ws/v1/meetings/{code}/captions                           4401 open open open open open
/ws/v1/ingest/teler/{word}                                   4401
/ws/v1/ingest/twilio/{word}                                  4401
/ws/v1/anything                                              4400
"""
