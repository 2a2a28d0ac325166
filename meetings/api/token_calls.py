"""One's own API tokens: make, list, revoke."""

from datetime import timedelta
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router
from ninja.responses import Status

from meetings.api import throttling
from meetings.api.credentials import actor_logged_in, credentials_admin
from meetings.api.shapes import Shape
from meetings.api.token_schemas import TokenIn, TokenMadeOut, TokensOut
from meetings.models import ApiToken
from meetings.services.tokens import api_token_create_own, api_token_revoke
from meetings.token_access import token_to_revoke, tokens_to_read

router = Router(tags=["access"], auth=credentials_admin)

TokenId = Annotated[int, Path(description="`id` of the token", ge=1, le=2**53)]


@router.get("", response=TokensOut, operation_id="token_list")
def list_(request: HttpRequest) -> Shape:
    """The caller's own tokens, without themselves: the valid ones, and the newest of those that are not."""
    return {"data": [_token_shape(token) for token in tokens_to_read(actor_logged_in(request))]}


@router.post(
    "",
    response={201: TokenMadeOut},
    operation_id="token_create",
    throttle=throttling.joins,
    openapi_extra=throttling.DESCRIBED,
)
def create(request: HttpRequest, token: TokenIn) -> Status[Shape]:
    """Make a token that acts as the caller, within `scope`. Made with a token, it lasts no longer than that one."""
    made = api_token_create_own(
        actor=actor_logged_in(request),
        name=token.name,
        scope=token.scope,
        expires_in=None if token.expires_in_s is None else timedelta(seconds=token.expires_in_s),
    )
    return Status(201, {**_token_shape(made.row), "token": made.secret})


@router.delete("/{int:token_id}", response={204: None}, operation_id="token_revoke")
def revoke(request: HttpRequest, token_id: TokenId) -> Status[None]:
    """Revoke one of the caller's own tokens, for good."""
    actor = actor_logged_in(request)
    api_token_revoke(token=token_to_revoke(actor, token_id), actor=actor)
    return Status(204, None)


def _token_shape(token: ApiToken) -> Shape:
    return {
        "id": token.pk,
        "name": token.name,
        "scope": token.scope,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }
