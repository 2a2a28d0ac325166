"""What Django logs about requests: what happened, and no address, which may hold the code of a meeting."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.test import Client

from config.log_format import FieldFormatter
from meetings import views

CODE = "tamo-rivu-keso"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(FieldFormatter())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "status", "words"),
    [("GET", 404, "Not Found"), ("POST", 405, "Method Not Allowed (POST)"), ("GET", 500, "Internal Server Error")],
)
def test_no_code_of_a_meeting_is_logged(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch, method: str, status: int, words: str
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a defect")

    if status == 500:
        monkeypatch.setattr(views, "meeting_to_join", fail)
    response = Client(raise_request_exception=False).generic(method, f"/m/{CODE}/")
    assert response.status_code == status
    assert f"django.request {words} status_code={status}" in log.getvalue()
    assert CODE not in log.getvalue()
