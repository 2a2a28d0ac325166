"""Transcripts as files: given at once, or made as jobs and fetched; to whom, and that each time is audited."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import docx
import pypdf
import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from django.db import transaction
from django.test import Client
from django.utils import timezone
from lxml import etree
from markdown_it import MarkdownIt
from pytest_django.fixtures import Settings

from meetings.access import actor_for
from meetings.api import transcript_files
from meetings.exports import formats, making
from meetings.exports.storage import export_storage
from meetings.exports.work import exports_work
from meetings.models import AuditEvent, Export, Meeting, MeetingEvent, Segment
from meetings.recordings.work import recordings_work
from meetings.services.audit import audit_verify
from meetings.services.events import event_append
from meetings.services.export_jobs import (
    LEASE,
    MOST_ATTEMPTS,
    ExportLeaseLost,
    export_claim,
    export_done,
    export_progress,
)
from meetings.services.exports import KEPT, MOST_UNDER_WAY, exports_discard, exports_expired_delete
from meetings.services.meetings import meeting_end
from meetings.services.recording_purge import recordings_purge
from meetings.services.sessions import session_end
from tests.integration.api_calls import API, assert_problem, get, guest, made, post, program
from tests.integration.made import commit, gap, opened, silence, speech, user_made
from tests.integration.recorded import sound, speaking

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Settings) -> FileSystemStorage:
    """An empty storage of exports, of this test alone."""
    options = {"location": str(tmp_path / "exports")}
    backend = "meetings.recordings.storage.DurableFileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "exports": {"BACKEND": backend, "OPTIONS": options}}
    found = export_storage()
    assert isinstance(found, FileSystemStorage)
    return found


def names_in(storage: FileSystemStorage) -> list[str]:
    return storage.listdir("")[1] if Path(storage.location).is_dir() else []


@pytest.fixture
def host() -> Client:
    return program()


@pytest.fixture
def talk(host: Client) -> dict[str, Any]:
    meeting = made(host, title="Board")
    row = Meeting.objects.get(pk=meeting["id"])
    ada, bob = opened(row, display_name="Ada"), opened(row, display_name="Bob")
    commit(ada.owner, speech(0, 16_000, text="One."), speech(16_000, 32_000, text="Two."), gap(40_000))
    commit(bob.owner, silence(48_000), speech(48_000, 64_000, text="=Three <b>*"))
    return meeting


def redact(segment: Segment) -> None:
    """As it is stored, whoever does it."""
    Segment.objects.filter(pk=segment.pk).update(state="redacted", rev=segment.rev + 1, text="")
    with transaction.atomic():
        _event_of(segment)


def _event_of(segment: Segment) -> None:
    event_append(
        meeting_id=segment.meeting_id,
        type=MeetingEvent.Type.SEGMENT,
        payload={"segment_id": str(segment.pk), "rev": segment.rev + 1},
        segment=segment,
    )


def work() -> int:
    return exports_work(clock=timezone.now)


def fetched(client: Client, path: str) -> bytes:
    answer = client.get(path if path.startswith(API) else f"{API}{path}")
    assert answer.status_code == 200, answer.status_code
    return b"".join(_streamed(answer))


def _streamed(answer: Any) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [part async for part in answer.streaming_content]

    return async_to_sync(collect)()


def entries(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("number"))


# --- at once -----------------------------------------------------------------------------------------------


def test_every_format_says_what_was_said_and_what_was_lost(host: Client, talk: dict[str, Any]) -> None:
    content = {
        name: get(host, f"/meetings/{talk['id']}/transcript.{name}").content
        for name in ("md", "csv", "docx", "ttml", "pdf")
    }
    rows = list(csv.DictReader(io.StringIO(content["csv"].decode(), newline="")))
    assert [row["text"] for row in rows] == [
        "One.", "Two.", "[0.5 s of Ada's audio lost: device disconnected]", "'=Three <b>*",
    ]  # fmt: skip
    texts = {
        "md": "".join(
            each.content for token in MarkdownIt().parse(content["md"].decode()) for each in token.children or []
        ),
        "docx": "\n".join(each.text for each in docx.Document(io.BytesIO(content["docx"])).paragraphs),
        "ttml": "".join(etree.fromstring(content["ttml"]).itertext()),
        "pdf": "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content["pdf"])).pages),
    }
    for name, text in texts.items():
        for words in ("One.", "Two.", "=Three <b>*", "0.5 s of Ada's audio lost", "Bob"):
            assert "".join(words.split()) in "".join(text.split()), (name, words)


@pytest.mark.parametrize("extension", sorted(formats.FORMATS))
def test_a_meeting_without_a_word_has_a_file_in_every_format(host: Client, extension: str) -> None:
    meeting = made(host)
    answer = get(guest(), f"/meetings/{meeting['code']}/transcript.{extension}")
    assert answer.status_code == 200
    assert answer.headers["ETag"]


def test_options_are_those_that_a_format_has_a_use_for(host: Client, talk: dict[str, Any]) -> None:
    path = f"/meetings/{talk['id']}/transcript"
    text = get(host, f"{path}.txt", names=0, timestamps=0, paragraphs=1).content.decode()
    assert text.split("\n\n", 1)[1].splitlines() == [
        "One. Two.",
        "[0.5 s of audio lost: device disconnected]",
        "=Three <b>*",
    ]
    for name in ("txt", "md", "csv", "vtt", "srt", "ttml"):
        content = get(host, f"{path}.{name}", names=0).content.decode()
        assert "Ada" not in content, name
        assert "Bob" not in content, name
    assert "Three" not in get(host, f"{path}.md", speakers="Ada").content.decode()
    last_seq = get(host, f"{path}.json").json()["as_of_seq"]
    assert "Three" not in get(host, f"{path}.ttml", as_of_seq=last_seq - 1).content.decode()


@pytest.mark.parametrize("extension", ["docx", "pdf", "md"])
def test_what_has_not_changed_is_not_sent_again_nor_audited(host: Client, talk: dict[str, Any], extension: str) -> None:
    path = f"{API}/meetings/{talk['id']}/transcript.{extension}"
    etag = host.get(path).headers["ETag"]
    assert len(entries("transcript.exported")) == 1
    again = host.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert len(entries("transcript.exported")) == 1


def test_who_takes_a_transcript_is_in_the_audit_trail_without_names(host: Client, talk: dict[str, Any]) -> None:
    get(host, f"/meetings/{talk['id']}/transcript.csv", speakers="Ada", names=0)
    (entry,) = entries("transcript.exported")
    assert entry.actor.startswith("user:")
    assert (entry.data["format"], entry.data["speakers"], entry.data["names"]) == ("csv", 1, False)
    assert "Ada" not in json.dumps(entry.data)
    assert audit_verify(meeting_id=entry.meeting_id) is None


def test_what_takes_long_is_refused_at_once_and_told_how_to_get(
    host: Client, talk: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_files, "MOST_LINES_AT_ONCE", 2)
    for extension in ("pdf", "docx", "zip"):
        problem = assert_problem(
            get(host, f"/meetings/{talk['id']}/transcript.{extension}"), 409, "export_takes_longer"
        )
        assert "/exports" in problem["detail"]
    assert get(host, f"/meetings/{talk['id']}/transcript.md").status_code == 200
    assert entries("transcript.exported")[-1].data["format"] == "md"


# --- as jobs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", [*sorted(formats.FORMATS), "zip"])
def test_an_export_is_asked_for_made_and_fetched(host: Client, talk: dict[str, Any], extension: str) -> None:
    answer = post(host, f"/meetings/{talk['id']}/exports", {"format": extension})
    assert answer.status_code == 202
    export = answer.json()
    assert (export["state"], export["progress"], export["url"]) == ("queued", 0, None)
    assert_problem(get(host, f"/exports/{export['id']}/file"), 404, "not_found")
    assert work() == 1
    done = get(host, f"/exports/{export['id']}").json()
    assert (done["state"], done["progress"]) == ("done", 100)
    content = fetched(host, done["url"])
    assert (len(content), hashlib.sha256(content).hexdigest()) == (done["n_bytes"], done["sha256"])
    if extension != "zip":
        assert content == get(host, f"/meetings/{talk['id']}/transcript.{extension}").content
    asked, taken = entries("transcript.export_requested"), entries("transcript.exported")
    assert [entry.target for entry in (*asked, taken[0])] == [f"export:{export['id']}"] * 2
    assert taken[0].data["sha256"] == done["sha256"]
    assert work() == 0


def test_guests_who_know_the_code_fetch_by_it(host: Client, talk: dict[str, Any]) -> None:
    ada = guest()
    export = post(ada, f"/meetings/{talk['code']}/exports", {"format": "txt"}).json()
    work()
    path = f"/meetings/{talk['code']}/exports"
    assert [each["id"] for each in get(ada, path).json()["data"]] == [export["id"]]
    assert b"One." in fetched(ada, get(ada, f"{path}/{export['id']}").json()["url"])
    assert_problem(get(ada, f"/exports/{export['id']}"), 404, "not_found")
    assert_problem(get(ada, f"/exports/{export['id']}/file"), 404, "not_found")
    other = made(host)
    assert_problem(get(ada, f"/meetings/{other['code']}/exports/{export['id']}/file"), 404, "not_found")


def test_others_see_and_fetch_nothing_of_mine_but_the_host(host: Client, talk: dict[str, Any]) -> None:
    mine, stranger = Client(), Client()
    mine.force_login(user_made("eve"))
    stranger.force_login(user_made("mallory"))
    export = post(mine, f"/meetings/{talk['code']}/exports", {"format": "txt"}).json()
    work()
    for path in (f"/meetings/{talk['code']}/exports/{export['id']}", f"/exports/{export['id']}"):
        assert_problem(get(stranger, path), 404, "not_found")
        assert_problem(get(stranger, f"{path}/file"), 404, "not_found")
    assert get(stranger, f"/meetings/{talk['code']}/exports").json() == {"data": []}
    assert_problem(get(stranger, f"/meetings/{talk['id']}/exports"), 404, "not_found")
    assert_problem(post(stranger, f"/meetings/{talk['id']}/exports", {"format": "txt"}), 404, "not_found")
    assert get(host, f"/exports/{export['id']}").json()["id"] == export["id"]


def test_archives_are_for_the_host(talk: dict[str, Any]) -> None:
    for body in ({"format": "zip"}, {"format": "zip", "audio": True}):
        assert_problem(post(guest(), f"/meetings/{talk['code']}/exports", body), 403, "forbidden")
    assert_problem(get(guest(), f"/meetings/{talk['code']}/transcript.zip"), 403, "forbidden")
    assert not Export.objects.exists()


def test_an_archive_of_the_host_is_not_a_guests_by_its_id(host: Client, talk: dict[str, Any]) -> None:
    export = post(host, f"/meetings/{talk['id']}/exports", {"format": "zip"}).json()
    Export.objects.update(actor="guest")  # a guest who hosted it, in a browser session that is over
    work()
    path = f"/meetings/{talk['code']}/exports"
    assert_problem(get(guest(), f"{path}/{export['id']}/file"), 403, "forbidden")
    assert get(guest(), path).json() == {"data": []}


@pytest.mark.parametrize(
    "body",
    [
        {"format": "vtt", "paragraphs": True},
        {"format": "json", "names": False},
        {"format": "pdf", "audio": True},
        {"format": "zip", "names": False},
        {"format": "zip", "speakers": ["Ada"]},
    ],
)
def test_options_without_effect_are_refused(host: Client, talk: dict[str, Any], body: dict[str, Any]) -> None:
    assert_problem(post(host, f"/meetings/{talk['id']}/exports", body), 422, "option_useless")


def test_formats_that_do_not_exist_are_refused(host: Client, talk: dict[str, Any]) -> None:
    assert_problem(post(host, f"/meetings/{talk['id']}/exports", {"format": "odt"}), 422, "validation_failed")


def test_who_asks_again_meanwhile_gets_the_same_one_and_not_too_many(host: Client, talk: dict[str, Any]) -> None:
    path = f"/meetings/{talk['id']}/exports"
    ids = {post(host, path, {"format": "pdf"}).json()["id"] for _ in range(3)}
    assert len(ids) == 1
    for n in range(MOST_UNDER_WAY - 1):
        assert post(host, path, {"format": "txt", "as_of_seq": n}).status_code == 202
    assert_problem(post(host, path, {"format": "txt", "as_of_seq": 99}), 409, "too_many_exports")
    assert len(entries("transcript.export_requested")) == MOST_UNDER_WAY


def test_a_file_in_which_something_was_redacted_since_is_not_given(host: Client, talk: dict[str, Any]) -> None:
    export = post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"}).json()
    work()
    url = get(host, f"/exports/{export['id']}").json()["url"]
    redact(Segment.objects.get(text="Two."))
    assert_problem(get(host, url.removeprefix(API)), 410, "export_outdated")
    assert b"Two." not in get(host, f"/meetings/{talk['id']}/transcript.txt").content
    for extension in ("md", "csv", "ttml"):
        content = get(host, f"/meetings/{talk['id']}/transcript.{extension}").content.decode()
        assert "redacted" in content
        assert "Two." not in content


def test_files_are_let_go_when_asked_and_when_their_time_is_over(
    host: Client, talk: dict[str, Any], files: FileSystemStorage
) -> None:
    now = timezone.now()
    for extension in ("txt", "md"):
        post(host, f"/meetings/{talk['id']}/exports", {"format": extension})
    work()
    assert len(names_in(files)) == 2
    assert exports_expired_delete(now=now) == 0
    assert exports_expired_delete(now=now + KEPT + timedelta(minutes=1)) == 2
    assert (names_in(files), Export.objects.count()) == ([], 0)
    post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"})
    work()
    assert exports_discard_now(talk) == 1
    assert names_in(files) == []


def exports_discard_now(talk: dict[str, Any]) -> int:
    with transaction.atomic():
        return exports_discard(meeting_id=talk["id"])


def test_a_file_that_no_row_speaks_of_is_swept_after_a_day(
    files: FileSystemStorage, host: Client, talk: dict[str, Any]
) -> None:
    post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"})
    work()
    files.save("left-behind.pdf", ContentFile(b"x"))
    exports_expired_delete(now=timezone.now())
    assert len(names_in(files)) == 2
    Export.objects.update(expires_at=timezone.now() + timedelta(days=9))
    exports_expired_delete(now=timezone.now() + timedelta(days=2))
    assert names_in(files) == [Export.objects.get().file]


# --- the work ----------------------------------------------------------------------------------------------


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


# --- the archive -------------------------------------------------------------------------------------------


def test_the_archive_has_everything_and_sums_that_are_right(host: Client, talk: dict[str, Any]) -> None:
    redact(Segment.objects.get(text="Two."))
    content = get(host, f"/meetings/{talk['id']}/transcript.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {f"transcript.{name}" for name in formats.FORMATS} <= names
        assert {"README.txt", "events.jsonl", "revisions.jsonl", "ledger.json", "audit.json", "SHA256SUMS"} <= names
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
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
    host: Client, storage: FileSystemStorage, files: FileSystemStorage
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
    assert names_in(files) == []
    assert_problem(get(host, f"/exports/{ids[1]}/file"), 404, "not_found")


def test_nobody_finds_an_export_that_is_not(host: Client) -> None:
    assert_problem(get(host, f"/exports/{uuid4()}"), 404, "not_found")
