"""Keys for telephone calls: make, list, revoke."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query, Router
from ninja.responses import Status

from meetings.access import meeting_to_manage
from meetings.api.credentials import actor_of, credentials_admin
from meetings.api.ingest_key_schemas import IngestKeyIn, IngestKeyMadeOut, IngestKeysPage
from meetings.api.paging import page_of
from meetings.api.parameters import PageQuery, Ref
from meetings.api.shapes import Shape
from meetings.errors import NotFound
from meetings.ingest.addresses import flow_url, stream_url, twiml_url
from meetings.models import IngestKey
from meetings.services.ingest_keys import ingest_key_create, ingest_key_revoke

router = Router(tags=["telephony"], auth=credentials_admin)
LISTING = "ingest-keys"

KeyId = Annotated[UUID, Path(description="`id` of the key")]


@router.post("", response={201: IngestKeyMadeOut}, operation_id="ingest_key_create")
def create(request: HttpRequest, ref: Ref, key: IngestKeyIn) -> Status[Shape]:
    """Let telephone calls in, for the host. The key is in the addresses, and shown only here.

    A telephone has no button to agree with: `consent` declares that callers are told, and is kept.
    """
    actor = actor_of(request)
    made = ingest_key_create(
        meeting=meeting_to_manage(actor, ref),
        actor=actor,
        consent=key.consent,
        display_name=key.display_name,
        language=key.language,
        expires_in=None if key.expires_in_s is None else timedelta(seconds=key.expires_in_s),
    )
    return Status(201, {**_key_shape(made.row), "key": made.secret, **_addresses(request, made.secret)})


@router.get("", response=IngestKeysPage, operation_id="ingest_key_list")
def list_(request: HttpRequest, ref: Ref, page: Query[PageQuery]) -> Shape:
    """All keys that were made for the meeting, in that order, those that are not valid any more too. For the host."""
    meeting = meeting_to_manage(actor_of(request), ref)
    return page_of(meeting.ingest_keys.all(), page, listing=LISTING, shape=_key_shape)


@router.delete("/{uuid:key_id}", response={204: None}, operation_id="ingest_key_revoke")
def revoke(request: HttpRequest, ref: Ref, key_id: KeyId) -> Status[None]:
    """Let no more calls in by this key, for good. A call that is under way goes on. For the host."""
    actor = actor_of(request)
    key = meeting_to_manage(actor, ref).ingest_keys.filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such key.")
    ingest_key_revoke(key=key, actor=actor)
    return Status(204, None)


def _key_shape(key: IngestKey) -> Shape:
    return {
        "id": key.pk,
        "display_name": key.display_name,
        "language": key.language,
        "consent": key.consent,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def _addresses(request: HttpRequest, key: str) -> Shape:
    return {
        "teler": {
            "flow_url": flow_url(request, key=key),
            "ws_url": stream_url(request, service="teler", key=key),
        },
        "twilio": {
            "twiml_url": twiml_url(request, key=key),
            "ws_url": stream_url(request, service="twilio", key=key),
        },
    }
