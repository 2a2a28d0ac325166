"""Generated requests to every call find no answer that the OpenAPI document does not promise, and no fault of ours.

SCHEMATHESIS_EXAMPLES=50 makes more of them for each call than these tests do every time, and others each time.
"""

import os
from collections.abc import Collection, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from pytest_django.fixtures import Settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from meetings.access import actor_for
from meetings.api import api
from meetings.api.openapi import openapi_document
from meetings.exports.wish import Wish
from meetings.models import ApiToken, Meeting
from meetings.services.exports import export_request
from meetings.services.ingest_keys import ingest_key_create
from meetings.services.organisations import membership_give, organisation_create
from meetings.services.replacements import replacement_propose
from meetings.services.roles import role_give
from meetings.services.tokens import api_token_create, api_token_create_own
from meetings.services.webhook_endpoints import webhook_test
from tests.integration.made import admitted, commit, opened, speech, user_made
from tests.integration.webhooks_made import webhook_made

pytestmark = pytest.mark.django_db

schema = schemathesis.openapi.from_dict(openapi_document(api))
schema.app = get_wsgi_application()
# Not `positive_data_acceptance`: not everything can be said in a schema, and a name of spaces is a 422 with its reason.
# Not `negative_data_rejection`: parameters and fields that are not known are ignored, as the protocol promises.
CHECKS: list[Any] = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
N_EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
CALLERS = ("stranger", "viewer", "reader", "admin")  # from who may do the least on: the last one changes things


def bounded(n_examples: int, *, phases: Collection[Phase] = tuple(Phase)) -> settings:
    return settings(
        phases=phases,
        max_examples=n_examples,
        deadline=None,
        derandomize=N_EXAMPLES == 2,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own test client does: what a test has made lies in a transaction of this connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def world(settings: Settings) -> dict[str, str]:
    """The token of a program, and what each parameter in a path may stand for that is really there."""
    settings.JOINS_PER_MINUTE = settings.TICKETS_PER_MINUTE = 1_000_000
    token = api_token_create(name="program")
    actor = actor_for(ApiToken.objects.get().user)
    meeting = Meeting.objects.create(code="tamo-rivu-keso-bani", title="Board", host=actor.user)
    session = opened(meeting)
    commit(session.owner, speech(0, 16_000), received=16_000)
    made = webhook_made(actor)
    organisation = organisation_create(actor=actor, name="The board", slug="board")
    member = membership_give(organisation=organisation, actor=actor, user=user_made("ada"), role="member")
    wished, now = Wish(format="txt"), timezone.now()
    export = export_request(meeting=meeting, actor=actor.label, wish=wished, join_url="", now=now)
    return {
        "owner": token,
        "ref": str(meeting.pk),
        "participant_id": str(session.participant_id),
        "session_id": str(admitted(meeting).session_id),
        "segment_id": str(meeting.segments.get().pk),
        "key_id": str(ingest_key_create(meeting=meeting, actor=actor, consent=["captions", "transcript"]).row.pk),
        "webhook_id": str(made.row.pk),
        "delivery_id": str(webhook_test(endpoint=made.row, actor=actor).pk),
        "slug": organisation.slug,
        "membership_id": str(member.pk),
        "role_id": str(role_give(meeting=meeting, actor=actor, person="ada", role="editor").pk),
        "replacement_id": str(replacement_propose(meeting=meeting, actor=actor.label, find="hello", replace="bye").pk),
        "export_id": str(export.pk),
        "token_id": str(api_token_create_own(actor=actor, name="other").row.pk),
    }


@pytest.fixture
def callers(world: dict[str, str]) -> dict[str, str]:
    """Tokens of others about the same meeting."""
    meeting = Meeting.objects.get(pk=world["ref"])
    assert meeting.host is not None
    owner, viewer, stranger = actor_for(meeting.host), *(actor_for(user_made(name)) for name in ("vera", "sam"))
    role_give(meeting=meeting, actor=owner, person="vera", role="viewer")
    return {
        "stranger": api_token_create_own(actor=stranger, name="all", scope="admin").secret,
        "viewer": api_token_create_own(actor=viewer, name="all", scope="admin").secret,
        "reader": api_token_create_own(actor=owner, name="read").secret,
        "admin": api_token_create(name="another program"),
    }


@schema.parametrize()
@bounded(N_EXAMPLES)
def test_nobody_with_made_up_requests_get_what_is_promised(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(checks=CHECKS)


@schema.parametrize()
@bounded(N_EXAMPLES)
def test_owners_with_made_up_requests_about_real_things_get_what_is_promised(
    case: schemathesis.Case[Any], world: dict[str, str]
) -> None:
    called(case, world, "owner")


@schema.parametrize()
# The examples of the document, of which there are dozens for some calls, are left to the test of owners.
@bounded(N_EXAMPLES, phases=[Phase.generate] if N_EXAMPLES == 2 else tuple(Phase))
def test_callers_with_other_rights_get_what_is_promised(
    case: schemathesis.Case[Any], world: dict[str, str], callers: dict[str, str]
) -> None:
    """One after the other ask the same: an account without a role, one that may read, the owner's token that may only
    read, and a program that may do everything everywhere."""
    for caller in CALLERS:
        called(case, {**world, **callers}, caller)


def called(case: schemathesis.Case[Any], world: dict[str, str], caller: str) -> None:
    for name in case.path_parameters:
        case.path_parameters[name] = world.get(name, case.path_parameters[name])
    case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {world[caller]}"})
