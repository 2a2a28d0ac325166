"""The archive of a meeting: whole, verifiable, and without what was taken out."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.utils import timezone

from meetings import verify_proof
from meetings.access import actor_for
from meetings.exports import formats
from meetings.models import Meeting, Segment
from meetings.recordings.work import recordings_work
from meetings.services.meetings import meeting_end
from meetings.services.recording_purge import recordings_purge
from meetings.services.sessions import session_end
from tests.integration.api_calls import assert_problem, get, made, post, program
from tests.integration.exported import entries, fetched, names_in, redact, talk_made, work
from tests.integration.made import speech
from tests.integration.recorded import sound, speaking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("exports_storage")]


@pytest.fixture
def host() -> Client:
    return program()


@pytest.fixture
def talk(host: Client) -> dict[str, Any]:
    return talk_made(host)


def test_the_archive_has_everything_and_sums_that_are_right(host: Client, talk: dict[str, Any]) -> None:
    redact(Segment.objects.get(text="Two."))
    content = get(host, f"/meetings/{talk['id']}/transcript.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {f"transcript.{name}" for name in formats.FORMATS} <= names
        assert {"README.txt", "events.jsonl", "revisions.jsonl", "ledger.json", "audit.json", "SHA256SUMS"} <= names
        lines = archive.read("SHA256SUMS").decode().splitlines()
        sums = {name: sha256 for sha256, name in (line.split("  ") for line in lines)}
        assert set(sums) == names - {"SHA256SUMS"}
        for name, sha256 in sums.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == sha256
        events = [json.loads(line) for line in archive.read("events.jsonl").decode().splitlines()]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        audit = json.loads(archive.read("audit.json"))["entries"]
        assert [entry["number"] for entry in audit] == list(range(1, len(audit) + 1))
        for name in names:
            assert b"Two." not in archive.read(name), name


def test_the_sound_is_in_the_archive_only_where_it_is_asked_for_and_goes_when_it_is_purged(
    host: Client, storage: FileSystemStorage, exports_storage: FileSystemStorage
) -> None:
    meeting = made(host, policies={"recording": True})
    row = Meeting.objects.get(pk=meeting["id"])
    ada = speaking(row)
    ada.commit(speech(0, 16_000), recorded=[ada.write(sound(16_000), start=0)])
    session_end(owner=ada.owner)
    meeting_end(meeting=row, actor=actor_for(row.host))
    recordings_work(clock=timezone.now)
    ids = [
        post(host, f"/meetings/{meeting['id']}/exports", body).json()["id"]
        for body in ({"format": "zip"}, {"format": "zip", "audio": True})
    ]
    assert work() == 2
    without, with_sound = (
        zipfile.ZipFile(io.BytesIO(fetched(host, f"/exports/{export_id}/file"))).namelist() for export_id in ids
    )
    assert [name for name in without if name.startswith("audio/")] == []
    assert sorted(set(with_sound) - set(without)) == sorted([f"audio/{ada.owner.session_id}.flac", "audio/mix.flac"])
    assert entries("transcript.exported")[-1].data["audio"] is True
    recordings_purge(meeting=row, actor="user:1")
    assert names_in(exports_storage) == []
    assert_problem(get(host, f"/exports/{ids[1]}/file"), 404, "not_found")


def test_whoever_has_the_archive_sees_which_file_of_it_was_changed(
    host: Client, talk: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the server: each file in turn is changed, taken away, or put beside the others."""
    whole = tmp_path / "whole.zip"
    whole.write_bytes(get(host, f"/meetings/{talk['id']}/transcript.zip").content)
    assert verify_proof.main([str(whole)]) == verify_proof.HOLDS
    with zipfile.ZipFile(whole) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    other = tmp_path / "other.zip"
    for name in contents:
        capsys.readouterr()
        changed = {**contents, name: contents[name] + b"\n"}
        rewritten(other, changed)
        assert verify_proof.main([str(other)]) != verify_proof.HOLDS, name
        assert name in capsys.readouterr().out or name == verify_proof.PROOF
        rewritten(other, {each: content for each, content in contents.items() if each != name})
        assert verify_proof.main([str(other)]) != verify_proof.HOLDS, name
    rewritten(other, {**contents, "minutes.txt": b"He agreed."})
    assert verify_proof.main([str(other)]) == verify_proof.BROKEN
    other.write_bytes(whole.read_bytes()[:-200] + bytes(178) + whole.read_bytes()[-22:])
    assert verify_proof.main([str(other)]) == verify_proof.UNREADABLE


def rewritten(path: Path, contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def test_nobody_finds_an_export_that_is_not(host: Client) -> None:
    assert_problem(get(host, f"/exports/{uuid4()}"), 404, "not_found")
