"""Transcripts, segments and ledgers over REST are what was committed, in every format."""

import html
import io
from typing import Any

import pytest
import webvtt as reader
from django.test import Client

from meetings.models import Meeting
from tests.integration.api_calls import API, assert_problem, get, guest, made, post, program
from tests.integration.made import commit, gap, opened, silence, speech

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_() -> Client:
    return program()


LOSS = "[0.5 s of Ada's audio lost: device disconnected]"


@pytest.fixture
def talk(client_: Client) -> dict[str, Any]:
    """Ada and Bob, whose lines interleave; Ada lost half a second."""
    meeting = made(client_, title='Board: "Q1/Q2"')
    row = Meeting.objects.get(pk=meeting["id"])
    ada, bob = opened(row, display_name="Ada"), opened(row, display_name="Bob <b>")
    commit(
        ada.owner,
        speech(0, 16_000, text="Good morning."),
        silence(32_000),
        gap(40_000),
        speech(40_000, 56_000, text="Shall we?"),
        received=60_000,
    )
    commit(bob.owner, silence(16_000), speech(16_000, 32_000, text="Morning & welcome -->"), received=32_000)
    return {**meeting, "ada": str(ada.participant_id), "bob": str(bob.participant_id)}


def test_the_json_transcript_is_the_committed_segments_by_start(client_: Client, talk: dict[str, Any]) -> None:
    transcript = get(client_, f"/meetings/{talk['id']}/transcript.json").json()
    assert [(s["speaker"], s["text"]) for s in transcript["segments"]] == [
        ("Ada", "Good morning."),
        ("Bob <b>", "Morning & welcome -->"),
        ("Ada", "Shall we?"),
    ]
    assert {p["id"] for p in transcript["participants"]} == {talk["ada"], talk["bob"]}
    (lost,) = transcript["gaps"]
    assert lost.pop("session_id")
    assert lost == {
        "participant_id": talk["ada"],
        "speaker": "Ada",
        "start_ms": 2_000,
        "end_ms": 2_500,
        "from": 32_000,
        "to": 40_000,
        "reason": "device_lost",
    }
    assert transcript["meeting"]["id"] == talk["id"]
    assert transcript["meeting"]["state"] == "live"
    assert transcript["as_of_seq"] == transcript["meeting"]["last_seq"] > 0


def test_captions_are_opened_by_another_program(client_: Client, talk: dict[str, Any]) -> None:
    response = get(client_, f"/meetings/{talk['code']}/transcript.vtt")
    assert response.headers["Content-Type"] == "text/vtt; charset=utf-8"
    read = list(reader.from_string(response.content.decode(), strict=True))
    assert [(html.unescape(c.voice or ""), html.unescape(c.text)) for c in read] == [
        ("Ada", "Good morning."),
        ("Bob <b>", "Morning & welcome -->"),
        ("", LOSS),
        ("Ada", "Shall we?"),
    ]
    segments = get(client_, f"/meetings/{talk['code']}/segments").json()["data"]
    assert [c.identifier for c in read if c.voice] == [segment["id"] for segment in segments]
    srt = get(client_, f"/meetings/{talk['code']}/transcript.srt").content.decode()
    assert len(list(reader.from_buffer(io.StringIO(srt), format="srt"))) == 4
    text = get(client_, f"/meetings/{talk['code']}/transcript.txt").content.decode()
    assert "[00:00:01] Bob <b>: Morning & welcome -->" in text


@pytest.mark.parametrize("extension", ["json", "vtt", "srt", "txt"])
def test_a_meeting_without_a_word_has_empty_transcripts(extension: str) -> None:
    meeting = made(program())
    response = get(guest(), f"/meetings/{meeting['code']}/transcript.{extension}")
    assert response.status_code == 200


@pytest.mark.parametrize("by", ["ada", "name"])
def test_a_transcript_of_some_speakers(client_: Client, talk: dict[str, Any], by: str) -> None:
    speakers = talk["ada"] if by == "ada" else "ADA,nobody"
    transcript = get(client_, f"/meetings/{talk['id']}/transcript.json", speakers=speakers).json()
    assert {segment["participant_id"] for segment in transcript["segments"]} == {talk["ada"]}
    both = get(client_, f"/meetings/{talk['id']}/transcript.json", speakers=[talk["ada"], "bob <B>"]).json()
    assert len(both["segments"]) == 3
    bob = get(client_, f"/meetings/{talk['id']}/transcript.json", speakers=talk["bob"]).json()
    assert [len(each["gaps"]) for each in (transcript, both, bob)] == [1, 1, 0]


def test_a_transcript_as_it_stood(client_: Client, talk: dict[str, Any]) -> None:
    whole = get(client_, f"/meetings/{talk['id']}/transcript.json").json()
    earlier = get(client_, f"/meetings/{talk['id']}/transcript.json", as_of_seq=whole["as_of_seq"] - 1).json()
    assert earlier["as_of_seq"] == whole["as_of_seq"] - 1
    assert len(earlier["segments"]) == 2
    start = get(client_, f"/meetings/{talk['id']}/transcript.json", as_of_seq=0).json()
    assert (start["segments"], start["gaps"]) == ([], [])
    (before, after) = (
        get(client_, f"/meetings/{talk['id']}/transcript.txt", as_of_seq=seq).content.decode()
        for seq in (whole["as_of_seq"] - 3, whole["as_of_seq"] - 2)
    )
    assert (LOSS in before, LOSS in after) == (False, True)


def test_what_has_not_changed_is_not_sent_again(client_: Client, talk: dict[str, Any]) -> None:
    path = f"{API}/meetings/{talk['id']}/transcript.vtt"
    first = client_.get(path)
    etag = first.headers["ETag"]
    assert client_.get(path).headers["ETag"] == etag
    unchanged = client_.get(path, headers={"If-None-Match": f'"other", {etag}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["ETag"] == etag
    changed = client_.get(path, {"speakers": "Ada"}, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag
    assert "private" in first.headers["Cache-Control"]


def test_a_download_has_a_name_that_every_file_system_takes(client_: Client, talk: dict[str, Any]) -> None:
    path = f"/meetings/{talk['id']}/transcript.vtt"
    assert "Content-Disposition" not in get(client_, path).headers
    disposition = get(client_, path, download=1).headers["Content-Disposition"]
    assert disposition == f'attachment; filename="board-q1q2-{talk["code"]}.vtt"'


def test_a_download_keeps_a_title_in_another_script(client_: Client) -> None:
    meeting = made(client_, title="会議 ../../etc")
    disposition = get(client_, f"/meetings/{meeting['id']}/transcript.txt", download=1).headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''%E4%BC%9A%E8%AD%B0-etc-")


def test_segments_come_in_pages_each_once(client_: Client, talk: dict[str, Any]) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(client_, f"/meetings/{talk['id']}/segments", limit=1, **cursor).json()
        seen += [segment["text"] for segment in page["data"]]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["Good morning.", "Morning & welcome -->", "Shall we?"]
    assert_problem(get(client_, f"/meetings/{talk['id']}/segments", cursor="x"), 422, "bad_cursor")


def test_the_ledger_accounts_for_every_sample(client_: Client, talk: dict[str, Any]) -> None:
    sessions = get(client_, f"/meetings/{talk['id']}/ledger").json()["sessions"]
    ada, bob = sorted(sessions, key=lambda session: str(session["participant_id"] != talk["ada"]))
    assert ada["gaps"] == [{"from": 32_000, "to": 40_000, "reason": "device_lost", "repaired": False}]
    assert bob["gaps"] == []
    assert (ada["display_name"], ada["state"]) == ("Ada", "open")
    assert bob["display_name"] == "Bob <b>"
    counters = ("received", "settled", "speech", "nonspeech", "muted", "gap", "in_flight")
    assert [ada[name] for name in counters] == [60_000, 56_000, 32_000, 16_000, 0, 8_000, 4_000]
    assert [bob[name] for name in counters] == [32_000, 32_000, 16_000, 16_000, 0, 0, 0]
    for session in sessions:
        parts = ("speech", "nonspeech", "muted", "gap", "in_flight")
        assert session["received"] == sum(session[part] for part in parts)


@pytest.mark.parametrize("place", ["transcript.json", "transcript.vtt", "segments", "ledger", "participants"])
def test_strangers_read_nothing_by_id(talk: dict[str, Any], place: str) -> None:
    assert_problem(get(guest(), f"/meetings/{talk['id']}/{place}"), 404, "not_found")
    assert get(guest(), f"/meetings/{talk['code']}/{place}").status_code == 200


@pytest.mark.parametrize("place", ["transcript.odt", "transcript.", "transcript", "transcript.json/x"])
def test_formats_that_do_not_exist_are_not_found(client_: Client, talk: dict[str, Any], place: str) -> None:
    assert_problem(get(client_, f"/meetings/{talk['id']}/{place}"), 404, "not_found")


def test_a_meeting_can_be_read_after_it_ended(client_: Client, talk: dict[str, Any]) -> None:
    post(client_, f"/meetings/{talk['id']}/end")
    assert len(get(guest(), f"/meetings/{talk['code']}/transcript.json").json()["segments"]) == 3
