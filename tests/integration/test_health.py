"""Probes reach a node by its address, not by the name that people use."""

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/readyz", 503), ("/", 400)])
def test_probes_are_answered_under_any_host_and_pages_are_not(settings: Settings, path: str, status: int) -> None:
    settings.ALLOWED_HOSTS = ["meet.example"]
    response = Client().get(path, headers={"host": "10.0.0.7:8000"})
    assert response.status_code == status
    if status == 503:
        assert response.json()["problems"] == ["recognizers"]
