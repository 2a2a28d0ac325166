"""Transcripts as files that are made as jobs: asked for, fetched, let go; to whom, and audited."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.test import Client
from django.utils import timezone

from meetings.exports import formats
from meetings.models import Export, Segment
from meetings.services.exports import KEPT, MOST_UNDER_WAY, exports_discard, exports_expired_delete
from tests.integration.api_calls import API, assert_problem, get, guest, made, post, program
from tests.integration.exported import entries, fetched, names_in, redact, talk_made, work
from tests.integration.made import user_made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("exports_storage")]


@pytest.fixture
def host() -> Client:
    return program()


@pytest.fixture
def talk(host: Client) -> dict[str, Any]:
    return talk_made(host)


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
    host: Client, talk: dict[str, Any], exports_storage: FileSystemStorage
) -> None:
    now = timezone.now()
    for extension in ("txt", "md"):
        post(host, f"/meetings/{talk['id']}/exports", {"format": extension})
    work()
    assert len(names_in(exports_storage)) == 2
    assert exports_expired_delete(now=now) == 0
    assert exports_expired_delete(now=now + KEPT + timedelta(minutes=1)) == 2
    assert (names_in(exports_storage), Export.objects.count()) == ([], 0)
    post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"})
    work()
    assert exports_discard_now(talk) == 1
    assert names_in(exports_storage) == []


def exports_discard_now(talk: dict[str, Any]) -> int:
    with transaction.atomic():
        return exports_discard(meeting_id=talk["id"])


def test_a_file_that_no_row_speaks_of_is_swept_after_a_day(
    exports_storage: FileSystemStorage, host: Client, talk: dict[str, Any]
) -> None:
    post(host, f"/meetings/{talk['id']}/exports", {"format": "txt"})
    work()
    exports_storage.save("left-behind.pdf", ContentFile(b"x"))
    exports_expired_delete(now=timezone.now())
    assert len(names_in(exports_storage)) == 2
    Export.objects.update(expires_at=timezone.now() + timedelta(days=9))
    exports_expired_delete(now=timezone.now() + timedelta(days=2))
    assert names_in(exports_storage) == [Export.objects.get().file]
