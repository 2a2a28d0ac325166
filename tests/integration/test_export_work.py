"""Workers that die, or find no room, and what becomes of the exports that they had."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.test import Client
from django.utils import timezone

from meetings.exports import making
from meetings.exports.work import exports_work
from meetings.models import Export, WebhookEvent
from meetings.services.export_jobs import (
    LEASE,
    MOST_ATTEMPTS,
    ExportLeaseLost,
    export_claim,
    export_done,
    export_progress,
)
from tests.integration.api_calls import get, post, program
from tests.integration.exported import talk_made, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("exports_storage")]


@pytest.fixture
def host() -> Client:
    return program()


@pytest.fixture
def talk(host: Client) -> dict[str, Any]:
    return talk_made(host)


def test_a_worker_that_died_leaves_its_export_to_the_next_one(host: Client, talk: dict[str, Any]) -> None:
    post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"})
    now = timezone.now()
    late = export_claim(now=now)
    assert late is not None
    assert export_claim(now=now) is None
    later = now + LEASE + timedelta(seconds=1)
    assert exports_work(clock=lambda: later) == 1
    with pytest.raises(ExportLeaseLost):
        export_done(export=late, file="late", sha256="0" * 64, n_bytes=1, made_seq=1, now=later)
    assert Export.objects.get().file != "late"


def test_what_kills_its_workers_again_and_again_has_failed(host: Client, talk: dict[str, Any]) -> None:
    post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"})
    now = timezone.now()
    for _ in range(MOST_ATTEMPTS):
        assert export_claim(now=now) is not None
        now += LEASE + timedelta(seconds=1)
    assert export_claim(now=now) is None
    assert (Export.objects.get().state, Export.objects.get().problem) == ("failed", "interrupted")


def test_who_wants_to_know_is_told_once_that_a_file_is_there(host: Client, talk: dict[str, Any]) -> None:
    webhook = {"url": "https://hooks.example.com/", "event_types": ["export.ready"]}
    assert post(host, "/webhooks", webhook).status_code == 201
    export = post(host, f"/meetings/{talk['id']}/exports", {"format": "txt", "speakers": ["Ada"]}).json()
    late = export_claim(now=timezone.now())
    assert late is not None
    assert not WebhookEvent.objects.exists()
    later = timezone.now() + LEASE + timedelta(seconds=1)
    assert exports_work(clock=lambda: later) == 1
    with pytest.raises(ExportLeaseLost):
        export_done(export=late, file="late", sha256="0" * 64, n_bytes=1, made_seq=1, now=later)
    told = WebhookEvent.objects.get()
    assert (told.type, str(told.meeting_id), told.seq) == ("export.ready", talk["id"], None)
    assert told.data == {"export": {"id": export["id"]}}


class _Full(Storage):
    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        raise OSError("full")


def test_a_full_storage_puts_an_export_off(host: Client, talk: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    export = post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"}).json()
    monkeypatch.setattr(making, "export_storage", _Full)
    assert work() == 0
    waiting = get(host, f"/exports/{export['id']}").json()
    assert (waiting["state"], waiting["problem"]) == ("queued", "storage_unavailable")
    assert work() == 0  # not before its pause is over
    monkeypatch.undo()
    assert exports_work(clock=lambda: timezone.now() + timedelta(hours=1)) == 1


def test_a_meeting_that_is_deleted_meanwhile_takes_its_exports_along(host: Client, talk: dict[str, Any]) -> None:
    post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"})
    claimed = export_claim(now=timezone.now())
    assert claimed is not None
    Export.objects.all().delete()
    with pytest.raises(ExportLeaseLost):
        making.export_make(claimed, progress=lambda percent: _progress(claimed, percent))


def _progress(export: Export, percent: int) -> None:
    export_progress(export=export, percent=percent, now=timezone.now())
