"""What Django logs about requests: what happened, and no address, which may hold the code of a meeting."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.test import Client

from config.log_format import FieldFormatter
from meetings import views
from tests.integration.made import host_made, meeting_made, user_made

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


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """As `LOGGING` writes it; Django's own loggers do not reach the root, where pytest listens."""
    caplog.handler.setFormatter(FieldFormatter())
    return caplog


@pytest.fixture
def django_told(told: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    logger = logging.getLogger("django")
    logger.addHandler(told.handler)
    yield told
    logger.removeHandler(told.handler)


# Ways in which pages refuse: by PermissionDenied, by Http404, by method, and before any view is asked.
REFUSED = {
    "who did what": (403, "GET", "/m/{code}/history/", {}),
    "who may see it": (403, "GET", "/m/{code}/sharing/", {}),
    "a change of that": (403, "POST", "/m/{code}/sharing/", {"act": "renew_link"}),
    "no meeting": (404, "GET", "/m/no-such-code/", {}),
    "an address of nothing": (404, "GET", "/nothing/", {}),
    "a method": (405, "POST", "/m/{code}/transcript/", {}),
    "fields without end": (400, "POST", "/", {f"f{number}": "x" for number in range(1_001)}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("refused", REFUSED)
def test_a_refusal_is_one_line(django_told: pytest.LogCaptureFixture, refused: str) -> None:
    status, method, path, fields = REFUSED[refused]
    path = path.format(code=meeting_made(actor=host_made("host")).code)
    client = Client()
    client.force_login(user_made("stranger"))
    answer = client.post(path, fields) if method == "POST" else client.get(path)
    assert answer.status_code == status
    assert len(django_told.text.splitlines()) == 1, django_told.text
    assert f"status_code={status}" in django_told.text


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_one_line(django_told: pytest.LogCaptureFixture) -> None:
    assert Client().get("/", headers={"Host": "elsewhere.example"}).status_code == 400
    assert len(django_told.text.splitlines()) == 1, django_told.text


@pytest.mark.django_db
def test_a_fault_keeps_its_traceback(django_told: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(views, "meeting_to_join", fail)
    assert Client(raise_request_exception=False).get(f"/m/{CODE}/").status_code == 500
    assert "Traceback" in django_told.text
    assert "RuntimeError: a defect" in django_told.text
