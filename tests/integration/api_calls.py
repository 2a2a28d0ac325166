"""Callers of the REST interface, and what every refusal must look like."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from django.test import Client

from meetings.services.tokens import api_token_create

API = "/api/v1"


class Answer(Protocol):
    """What the synchronous and the asynchronous client both give."""

    status_code: int

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def content(self) -> bytes: ...

    @property
    def json(self) -> Any: ...


def program(name: str = "bot") -> Client:
    """A program with an API token. Checks CSRF as in production, which a token must not need."""
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {api_token_create(name=name)}"})


def guest() -> Client:
    """A browser (it keeps cookies) whose pages prove themselves, as far as the interface is concerned."""
    return Client()


def post(client: Client, path: str, body: object = None, **more: Any) -> Answer:
    return cast("Answer", client.post(f"{API}{path}", body, content_type="application/json", **more))


def patch(client: Client, path: str, body: object) -> Answer:
    return cast("Answer", client.patch(f"{API}{path}", body, content_type="application/json"))


def get(client: Client, path: str, **parameters: Any) -> Answer:
    return cast("Answer", client.get(f"{API}{path}", parameters))


def made(client: Client, **fields: object) -> dict[str, Any]:
    response = post(client, "/meetings", {"title": "Board", **fields})
    assert response.status_code == 201, response.content
    meeting: dict[str, Any] = response.json()
    return meeting


def assert_problem(response: Answer, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["code"] == code
    assert problem["type"] == f"/problems/{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem
