"""Callers of the REST interface, and what every refusal must look like."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from meetings.services.tokens import api_token_create

API = "/api/v1"


def program(name: str = "bot") -> Client:
    """A program with an API token. Checks CSRF as in production, which a token must not need."""
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {api_token_create(name=name)}"})


def guest() -> Client:
    """A browser (it keeps cookies) whose pages prove themselves, as far as the interface is concerned."""
    return Client()


def post(client: Client, path: str, body: object = None, **more: Any) -> HttpResponse:
    return client.post(f"{API}{path}", body, content_type="application/json", **more)


def patch(client: Client, path: str, body: object) -> HttpResponse:
    return client.patch(f"{API}{path}", body, content_type="application/json")


def get(client: Client, path: str, **parameters: object) -> HttpResponse:
    return client.get(f"{API}{path}", parameters)


def made(client: Client, **fields: object) -> dict[str, Any]:
    response = post(client, "/meetings", {"title": "Board", **fields})
    assert response.status_code == 201, response.content
    meeting: dict[str, Any] = response.json()
    return meeting


def assert_problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["code"] == code
    assert problem["type"] == f"/problems/{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem
