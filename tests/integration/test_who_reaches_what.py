"""Every address and every socket, asked by every kind of caller, against the one table that says who reaches what."""

import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.access import actor_for
from meetings.api import api
from meetings.api.openapi import openapi_document
from meetings.exports.wish import Wish
from meetings.models import ApiToken, Membership, Organisation, Recording
from meetings.services.exports import export_request
from meetings.services.ingest_keys import ingest_key_create
from meetings.services.replacements import replacement_apply, replacement_propose
from meetings.services.tokens import api_token_create_own
from meetings.services.webhook_endpoints import webhook_create, webhook_test
from tests.integration.exported import streamed, work
from tests.integration.made import commit, meeting_made, opened, speech, user_made
from tests.integration.reach_table import (
    ADMIN_PREFIX,
    ADMIN_SCOPE,
    BODIES,
    HTTP,
    NO_CREDENTIALS,
    PERSONAS,
)

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One meeting and one organisation, and the callers with their places in them. `names` fill the addresses."""

    users: dict[str, User]
    names: dict[str, str]
    sessions: dict[str, str]

    def client(self, persona: str) -> Client:
        """A browser of its own in the caller's one session."""
        client = Client()
        if persona in self.sessions:
            client.cookies["sessionid"] = self.sessions[persona]
        return client


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


@pytest.fixture
def world(settings: Settings, exports_storage: object) -> World:
    settings.JOINS_PER_MINUTE = 100_000
    host = actor_for(user_made("host"))
    meeting = meeting_made(actor=host)
    users = {name: user_made(name) for name in PERSONAS if name not in ("nobody", "admin")}
    users["admin"] = User.objects.create_superuser("admin", password="made-up")
    bystander = user_made("bystander")
    user_made("newcomer")
    organisation = Organisation.objects.create(name="Board", slug="board")
    for name, role in (("viewer", "member"), ("editor", "admin"), ("owner", "owner")):
        meeting.roles.create(user=users[name], role=name)
        Membership.objects.create(organisation=organisation, user=users[name], role=role)
    session, segment = opened(meeting), speech(0, 16_000)
    assert segment.segment is not None
    commit(session.owner, segment, speech(16_000, 32_000), received=32_000)
    recording = Recording.objects.create(
        meeting=meeting, kind="mix", state="done", made_from="x", file="no-such.flac", sha256="0"
    )
    failed = Recording.objects.create(
        meeting=meeting, kind="session", audio_session_id=session.owner.session_id, state="failed", made_from="y"
    )
    export = export_request(meeting=meeting, actor=host.label, wish=Wish(format="md"), join_url="", now=timezone.now())
    assert work() == 1
    webhook = webhook_create(actor=actor_for(users["owner"]), url="https://example.com/hook", event_types=["*"]).row
    applied = replacement_propose(meeting=meeting, actor=host.label, find="there", replace="you")
    replacement_apply(meeting=meeting, replacement_id=applied.pk, actor=host.label)
    names = {
        "ref": meeting.pk,
        "code": meeting.code,
        "participant_id": session.participant_id,
        "session_id": session.owner.session_id,
        "segment_id": segment.segment.segment_id,
        "recording_id": recording.pk,
        "failed_recording_id": failed.pk,
        "replacement_id": replacement_propose(meeting=meeting, actor=host.label, find="hello", replace="hi").pk,
        "applied_id": applied.pk,
        "export_id": export.pk,
        "webhook_id": webhook.pk,
        "delivery_id": webhook_test(endpoint=webhook, actor=actor_for(users["owner"])).pk,
        "problem": "not_found",
        "key_id": ingest_key_create(meeting=meeting, actor=host, consent=["captions", "transcript"]).row.pk,
        "role_id": meeting.roles.create(user=bystander, role="viewer").pk,
        "slug": organisation.slug,
        "membership_id": Membership.objects.create(organisation=organisation, user=bystander).pk,
        "token_id": api_token_create_own(actor=actor_for(users["admin"]), name="of the admin").row.pk,
        "word": "no-such-thing",
    }
    return World(
        users=users,
        names={name: str(value) for name, value in names.items()},
        sessions={name: session_of(user) for name, user in users.items()},
    )


def rows(table: str) -> dict[str, list[str]]:
    """What each line declares: its call, and a cell for each kind of caller."""
    found: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line.strip() and not line.startswith("#"):
            match = re.fullmatch(r"((?:[A-Z]+ +)?/\S*) +(.*)", line)
            assert match, line
            call, cells = " ".join(match[1].split()), match[2].split()
            assert call not in found, f"two lines for {call}"
            found[call] = cells * len(PERSONAS) if len(cells) == 1 else cells
            assert len(found[call]) == len(PERSONAS), line
    return found


def asked(client: Client, call: str, names: dict[str, str], **headers: str) -> str:
    """The status, or the code of a problem document where that says more. Nothing that was done stays done."""
    method, template = call.split(" ", 1)
    body = BODIES.get(call) or BODIES.get(call.replace("{code}", "{ref}"), {})
    is_api = "/api/" in template
    content_type = "application/json" if is_api else "application/x-www-form-urlencoded"
    with transaction.atomic() if method != "GET" else nullcontext():  # some GETs read on another connection
        response = client.generic(
            method,
            template.format(**names),
            json.dumps(body) if is_api else urlencode(body),
            content_type=content_type,
            headers={"If-Match": '"2"', **headers} if method != "GET" else headers,
        )
        if method != "GET":
            transaction.set_rollback(True)
    if response.streaming and response.is_async:  # type: ignore[attr-defined]  # Django's own
        streamed(response)  # whose end closes the file
    if response.headers.get("Content-Type") == "application/problem+json":
        code: str = response.json()["code"]
        if code not in ("not_found", "forbidden", "unauthenticated"):
            return code
    return str(response.status_code)


def test_every_call_lets_in_those_whom_the_table_names_and_nobody_else(world: World) -> None:
    declared = rows(HTTP)
    found = {call: [asked(world.client(each), call, world.names) for each in PERSONAS] for call in declared}
    assert {call: cells for call, cells in found.items() if cells != declared[call]} == {}


def test_every_address_stands_in_the_table() -> None:
    named = {_shape(call) for call in rows(HTTP)}
    operations = {
        _shape(f"{method.upper()} {path}") for path, calls in openapi_document(api)["paths"].items() for method in calls
    }
    assert operations - named == set(), "calls of the interface that the table does not know"
    routes = {_shape(route) for route in addresses() if not route.startswith(ADMIN_PREFIX)}
    assert routes - {call.partition(" ")[2] for call in named} == set(), "addresses that the table does not know"


def test_only_staff_see_anything_of_the_admin(world: World) -> None:
    found = [route for route in addresses() if route.startswith(ADMIN_PREFIX)]
    assert len(found) > 50
    outsiders = [world.client(each) for each in PERSONAS if each != "admin"]
    for route in found:
        route = route.replace("<uuid:pk>", world.names["ref"])
        address = re.sub(r"<[^>]*>", "1", re.sub(r"\(\?P<\w+>[^)]*\)", "meetings", route))
        for client in outsiders:
            response = client.get(address)
            assert response.status_code in (302, 404), address
            leads_to = response.headers.get("Location", "/login/")
            assert leads_to == "/admin/" or "/login/" in leads_to, address  # logging out leads to the former
    assert world.client("admin").get("/admin/").status_code == 200
    assert world.client("admin").get("/admin/meetings/meeting/").status_code == 200


@pytest.mark.parametrize("scope", ApiToken.Scope.values)
def test_a_token_is_good_for_the_calls_in_its_scope_only(world: World, scope: str) -> None:
    secret = api_token_create_own(actor=actor_for(world.users["admin"]), name="x", scope=scope).secret
    needs_admin = set(ADMIN_SCOPE.split("\n"))
    wrong = []
    for call in rows(HTTP):
        if "/api/v1/" not in call or call in NO_CREDENTIALS or call == "GET /api/v1/":
            continue
        needed = "admin" if call.replace("{code}", "{ref}") in needs_admin else "read" if call[:3] == "GET" else "write"
        answer = asked(Client(), call, world.names, Authorization=f"Bearer {secret}")
        is_refused = answer == "scope_missing"
        if is_refused != (not ApiToken.Scope(scope).includes(ApiToken.Scope(needed))):
            wrong.append((call, answer))
    assert wrong == []


def test_what_a_token_cannot_do_a_wrong_one_cannot_do_either(world: World) -> None:
    for call in rows(HTTP):
        if "/api/v1/" in call and call not in NO_CREDENTIALS and call != "GET /api/v1/":
            assert asked(Client(), call, world.names, Authorization=f"Bearer {uuid4()}") == "401", call


def addresses() -> list[str]:
    """Each address that Django knows, as it is written in the URL modules."""
    return sorted(set(_addresses(get_resolver(), "/")))


def _addresses(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _addresses(pattern, route)


def _shape(address: str) -> str:
    """`/m/<slug:code>/` and `/m/{code}/` are one; so are a meeting's id and its code."""
    shape = re.sub(r"<(?:\w+:)?(\w+)>|\{(?:\w+:)?(\w+)\}", "{}", address.partition("?")[0])
    return "/api/anything" if shape == "/api/" else shape
