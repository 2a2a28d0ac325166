"""The OpenAPI document: valid, complete, and true of what the interface answers."""

import json
import re
from collections import Counter
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from meetings.api.schemas import Schema
from meetings.models import Meeting
from tests.integration.api_calls import get, made, post, program
from tests.integration.made import commit, gap, opened, silence, speech

PROMISED = {
    "/api/v1/meetings": {"get", "post"},
    "/api/v1/meetings/{ref}": {"get", "patch"},
    "/api/v1/meetings/{ref}/end": {"post"},
    "/api/v1/meetings/{ref}/participants": {"get", "post"},
    "/api/v1/meetings/{ref}/ingest-keys": {"get", "post"},
    "/api/v1/meetings/{ref}/ingest-keys/{key_id}": {"delete"},
    "/api/v1/sessions/{session_id}/ticket": {"post"},
    "/api/v1/meetings/{ref}/transcript.json": {"get"},
    "/api/v1/meetings/{ref}/transcript.vtt": {"get"},
    "/api/v1/meetings/{ref}/transcript.srt": {"get"},
    "/api/v1/meetings/{ref}/transcript.txt": {"get"},
    "/api/v1/meetings/{ref}/segments": {"get"},
    "/api/v1/segments/{segment_id}": {"get", "patch"},
    "/api/v1/segments/{segment_id}/revisions": {"get"},
    "/api/v1/meetings/{ref}/events": {"get"},
    "/api/v1/meetings/{ref}/ledger": {"get"},
    "/api/v1/search": {"get"},
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    response = Client().get("/api/schema/")
    assert response.status_code == 200
    parsed: dict[str, Any] = response.json()
    return parsed


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_promised_call_is_there(document: dict[str, Any]) -> None:
    found = {path: set(calls) for path, calls in document["paths"].items()}
    assert found == found | PROMISED


def test_every_call_says_how_it_refuses_and_what_it_needs(document: dict[str, Any]) -> None:
    ids = [call["operationId"] for path in document["paths"].values() for call in path.values()]
    assert len(set(ids)) == len(ids)
    for path in document["paths"].values():
        for call in path.values():
            assert "application/problem+json" in call["responses"]["default"]["content"]
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    assert document["security"] == [{"token": []}, {"session": []}, {}]


def test_every_request_body_has_an_example_that_is_one(document: dict[str, Any]) -> None:
    n_bodies = 0
    for path in document["paths"].values():
        for call in path.values():
            content = call.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None:
                continue
            n_bodies += 1
            assert "example" in content, f"meetings/api/examples.py has none for {call['operationId']}"
            validator = OAS31Validator({**content["schema"], "components": document["components"]})
            assert [error.message for error in validator.iter_errors(content["example"])] == [], call["operationId"]
    assert n_bodies >= 8


def test_no_two_schemas_have_one_name() -> None:
    """The document holds one of them only, and says it of both."""
    names = Counter(each.__name__ for each in _schemas(Schema))
    assert len(names) > 50
    assert [name for name, n in names.items() if n > 1] == []


def _schemas(base: type[Schema]) -> set[type[Schema]]:
    mine = {each for each in base.__subclasses__() if each.__module__.startswith("meetings.")}
    return mine.union(*(_schemas(each) for each in mine))


def test_the_docs_page_needs_no_other_server() -> None:
    page = Client().get("/api/docs/").content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    for address in addresses:
        assert address.startswith("/static/"), address
        assert finders.find(address.removeprefix("/static/")), address
    settings = re.search(r'<script type="application/json" id="swagger-settings">(.*?)</script>', page, re.DOTALL)
    assert settings
    assert json.loads(settings[1])["url"] == "/api/schema/"


@pytest.mark.django_db(transaction=True)
def test_answers_are_what_the_document_says(document: dict[str, Any]) -> None:
    client = program()
    meeting = made(client, vocabulary=["Ada"], policies={"retention_days": 30})
    session = opened(Meeting.objects.get(pk=meeting["id"]))
    commit(session.owner, speech(0, 16_000), silence(20_000), gap(24_000), received=24_000)
    ref = f"/meetings/{meeting['id']}"
    admission = post(client, f"{ref}/participants", {"display_name": "Bob"}).json()
    key = post(client, f"{ref}/ingest-keys", {"consent": ["captions", "transcript"]})
    webhook = post(client, "/webhooks", {"url": "https://hooks.example.com/", "event_types": ["*"]})
    post(client, f"{ref}/end")
    segment_ref = f"/segments/{get(client, f'{ref}/segments').json()['data'][0]['id']}"
    split = post(client, f"{segment_ref}/split", {"at": 5}, headers={"If-Match": '"1"'})
    stale = post(client, f"{segment_ref}/undo", {}, headers={"If-Match": '"1"'})
    replacement = post(client, f"{ref}/replacements", {"find": "there"})
    applied = post(client, f"{ref}/replacements/{replacement.json()['id']}/apply", {})
    answers = [
        ("get", "/meetings", 200, get(client, "/meetings")),
        ("get", "/meetings/{ref}", 200, get(client, ref)),
        ("get", "/meetings/{ref}/participants", 200, get(client, f"{ref}/participants")),
        ("get", "/meetings/{ref}/segments", 200, get(client, f"{ref}/segments")),
        ("get", "/meetings/{ref}/transcript.json", 200, get(client, f"{ref}/transcript.json")),
        ("get", "/meetings/{ref}/events", 200, get(client, f"{ref}/events")),
        ("get", "/meetings/{ref}/ledger", 200, get(client, f"{ref}/ledger")),
        ("get", "/search", 200, get(client, "/search", q="hello")),
        ("post", "/sessions/{session_id}/ticket", 201, post(client, f"/sessions/{admission['session_id']}/ticket")),
        ("post", "/meetings/{ref}/ingest-keys", 201, key),
        ("get", "/meetings/{ref}/ingest-keys", 200, get(client, f"{ref}/ingest-keys")),
        ("get", "/segments/{segment_id}", 200, get(client, segment_ref)),
        ("get", "/segments/{segment_id}/revisions", 200, get(client, f"{segment_ref}/revisions")),
        ("post", "/segments/{segment_id}/split", 200, split),
        ("post", "/segments/{segment_id}/undo", "default", stale),
        ("post", "/meetings/{ref}/replacements", 201, replacement),
        ("post", "/meetings/{ref}/replacements/{replacement_id}/apply", 200, applied),
        ("get", "/meetings/{ref}/replacements", 200, get(client, f"{ref}/replacements")),
        ("post", "/webhooks", 201, webhook),
        ("get", "/webhooks", 200, get(client, "/webhooks")),
        ("post", "/webhooks/{webhook_id}/test", 202, post(client, f"/webhooks/{webhook.json()['id']}/test")),
        (
            "get",
            "/webhooks/{webhook_id}/deliveries",
            200,
            get(client, f"/webhooks/{webhook.json()['id']}/deliveries"),
        ),
        ("get", "/meetings/{ref}", "default", get(client, "/meetings/nobody-knows")),
        ("post", "/meetings", "default", post(client, "/meetings", {})),
    ]
    for method, path, status, response in answers:
        content = document["paths"][f"/api/v1{path}"][method]["responses"][str(status)]["content"]
        schema = content[response.headers["Content-Type"].partition(";")[0]]["schema"]
        validator = OAS31Validator({**schema, "components": document["components"]})
        assert [error.message for error in validator.iter_errors(response.json())] == [], path
    assert {message["type"] for message in answers[5][3].json()["data"]} == {"segment", "event"}
