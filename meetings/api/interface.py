"""The REST interface, version 1, as one object: who may call, what refusals look like, and all calls."""

from ninja import NinjaAPI

from meetings.api import (
    audit_calls,
    caption_calls,
    correction_calls,
    event_calls,
    export_calls,
    ingest_key_calls,
    link_calls,
    meeting_calls,
    organisation_calls,
    participant_calls,
    personal_data_calls,
    recording_calls,
    replacement_calls,
    retention_calls,
    retracted_calls,
    role_calls,
    search_calls,
    second_pass_calls,
    token_calls,
    transcript_calls,
    webhook_calls,
)
from meetings.api.credentials import credentials
from meetings.api.parsing import JsonParser
from meetings.api.problems import problems_install

DESCRIPTION = """\
Meetings, the people in them, and what they said. Authenticate with `Authorization: Bearer TOKEN` (made with
`manage.py api_token NAME`), or with the session of a logged-in browser; whoever knows a meeting's code may join and
read it. Refusals are RFC 9457 problem documents with a stable `code`.
"""

api = NinjaAPI(
    title="Colloquy",
    version="1",
    description=DESCRIPTION,
    openapi_url=None,  # both are served by `openapi.py`
    docs_url=None,
    urls_namespace="api",
    auth=credentials,
    parser=JsonParser(),
)
problems_install(api)
api.add_router("/meetings", meeting_calls.router)
api.add_router("", participant_calls.router)
api.add_router("/meetings/{ref}/ingest-keys", ingest_key_calls.router)
api.add_router("/meetings/{ref}", transcript_calls.router)
api.add_router("/meetings/{ref}", caption_calls.router)
api.add_router("", event_calls.router)
api.add_router("", recording_calls.router)
api.add_router("/meetings/{ref}", role_calls.router)
api.add_router("/meetings/{ref}/link", link_calls.router)
api.add_router("/organisations", organisation_calls.router)
api.add_router("/tokens", token_calls.router)
api.add_router("", search_calls.router)
api.add_router("", correction_calls.router)
api.add_router("", retracted_calls.router)
api.add_router("/meetings/{ref}/replacements", replacement_calls.router)
api.add_router("", audit_calls.router)
api.add_router("", export_calls.router)
api.add_router("", webhook_calls.router)
api.add_router("", retention_calls.router)
api.add_router("", personal_data_calls.router)
api.add_router("", second_pass_calls.router)
