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
GET    /api/v1/                                              404
GET    /api/anything                                         404
GET    /ingest/teler/{word}/flow                             key_invalid
GET    /ingest/twilio/{word}/twiml                           key_invalid

GET    /                                                     200
POST   /                                                     302
GET    /join/?code={code}                                    302
GET    /m/{code}/                                            200
GET    /m/{code}/transcript/                                 200
GET    /m/{code}/recordings/{recording_id}/               404 404 404 404 302 302
GET    /login/                                               200
POST   /login/                                               200
GET    /login/sso/                                           404
GET    /login/sso/callback/                                  404
POST   /logout/                                              302
GET    /account/                                             302 200 200 200 200 200
GET    /account/password/                                    302 200 200 200 200 200
POST   /account/tokens/                                      302 201 201 201 201 201
POST   /account/tokens/{token_id}/revoke/                    302 404 404 404 404 302

GET    /api/v1/meetings                                   401 200 200 200 200 200
POST   /api/v1/meetings                                      201
GET    /api/v1/meetings/{ref}                             404 404 200 200 200 200
GET    /api/v1/meetings/{code}                               200
PATCH  /api/v1/meetings/{ref}                             404 404 403 403 200 200
PATCH  /api/v1/meetings/{code}                            403 403 403 403 200 200
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
GET    /api/v1/segments/{segment_id}/audio                404 404 not_recorded not_recorded not_recorded not_recorded
GET    /api/v1/meetings/{ref}/segments/{segment_id}/audio 404 404 not_recorded not_recorded not_recorded not_recorded
GET    /api/v1/meetings/{ref}/recordings                  404 404 403 403 200 200
GET    /api/v1/meetings/{code}/recordings                 403 403 403 403 200 200
DELETE /api/v1/meetings/{ref}/recordings                  404 404 403 403 204 204
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
"""

# Every address of the admin, whichever it is: only staff see anything.
ADMIN_PREFIX = "/admin/"

BODIES: dict[str, dict[str, object]] = {
    "POST /": {"title": "Board", "language": "en"},
    "POST /login/": {"username": "host", "password": "wrong"},
    "POST /account/tokens/": {"name": "mine", "scope": "read", "days": "30"},
    "POST /api/v1/meetings": {"title": "Board"},
    "PATCH /api/v1/meetings/{ref}": {"title": "Other"},
    "POST /api/v1/meetings/{ref}/participants": {"display_name": "Bob"},
    "PATCH /api/v1/meetings/{ref}/participants/{participant_id}": {"display_name": "Bob"},
    "POST /api/v1/meetings/{ref}/ingest-keys": {"consent": ["captions", "transcript"]},
    "POST /api/v1/meetings/{ref}/roles": {"user": "newcomer", "role": "viewer"},
    "PATCH /api/v1/meetings/{ref}/roles/{role_id}": {"role": "editor"},
    "PUT /api/v1/meetings/{ref}/organisation": {"organisation": "board"},
    "POST /api/v1/organisations": {"name": "Other", "slug": "other"},
    "PATCH /api/v1/organisations/{slug}": {"name": "Other"},
    "POST /api/v1/organisations/{slug}/members": {"user": "newcomer"},
    "PATCH /api/v1/organisations/{slug}/members/{membership_id}": {"role": "admin"},
    "POST /api/v1/tokens": {"name": "mine"},
}

# What an API token needs the scope `admin` for. Else reading needs `read` and everything else `write`.
ADMIN_SCOPE = """
DELETE /api/v1/meetings/{ref}/recordings
GET /api/v1/meetings/{ref}/ingest-keys
POST /api/v1/meetings/{ref}/ingest-keys
DELETE /api/v1/meetings/{ref}/ingest-keys/{key_id}
GET /api/v1/meetings/{ref}/roles
POST /api/v1/meetings/{ref}/roles
PATCH /api/v1/meetings/{ref}/roles/{role_id}
DELETE /api/v1/meetings/{ref}/roles/{role_id}
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
"""
# These carry a signed permission in their address, and take no credentials.
NO_CREDENTIALS = {"GET /api/v1/audio/segments/{word}", "GET /api/v1/audio/recordings/{word}"}

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
