"""A person reads all that is stored of them, and has it erased; nobody else does."""

import json
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client

from meetings.access import actor_for
from meetings.models import (
    AudioSession,
    AuditEvent,
    DeletionProof,
    Meeting,
    MeetingEvent,
    Participant,
    Recording,
    RecordingChunk,
    Segment,
)
from meetings.selectors import events_after, ledger, transcript
from meetings.services.audit import audit_verify
from meetings.services.holds import hold_place
from meetings.services.resume import resume_token
from meetings.services.segments import segment_retract
from meetings.services.sessions import session_end
from tests.integration.api_calls import API, assert_problem, get, guest, post
from tests.integration.made import admitted, host_made, user_made
from tests.integration.recorded import Speaking, content, files, meeting_recorded, said, speaking, work

pytestmark = pytest.mark.django_db


def two_voices(*, is_over: bool = True) -> tuple[Meeting, Speaking, Speaking]:
    meeting = meeting_recorded(actor=host_made())
    ada, ben = speaking(meeting), speaking(meeting, name="Ben")
    for seed, who in enumerate((ada, ben)):
        said(who, seed=seed)
        if is_over:
            session_end(owner=who.owner)
    Segment.objects.filter(audio_session=ada.owner.session_id).update(text="I am Ada Lovelace")
    return meeting, ada, ben


def person(meeting: Meeting, who: Speaking) -> str:
    return f"/meetings/{meeting.code}/participants/{who.opened.participant_id}"


def token_of(who: Speaking) -> str:
    return resume_token(who.owner.session_id)


def test_they_read_all_of_it_by_their_resume_token_and_nothing_of_the_others(storage: FileSystemStorage) -> None:
    meeting, ada, _ = two_voices()
    answer = Client().get(f"{API}{person(meeting, ada)}/data", headers={"Resume-Token": token_of(ada)})
    data = answer.json()
    assert data["participant"]["display_name"] == "Ada"
    assert [each["granted"] for each in data["consents"]] == [["captions", "transcript", "recording"]]
    assert [each["text"] for each in data["segments"]] == ["I am Ada Lovelace"]
    assert data["sessions"][0]["speech"] == 16_000
    assert data["recordings"][0]["n_samples"] == 24_000
    assert {each["type"] for each in data["events"]} >= {"participant.joined", "participant.consented"}
    assert "participant.consented" in {each["action"] for each in data["audit"]}
    assert "Ben" not in json.dumps(data)
    read = AuditEvent.objects.get(action="participant.data_read")
    assert (read.actor, read.target) == (f"participant:{ada.opened.participant_id}",) * 2


def test_an_account_reads_what_is_stored_of_it_in_all_meetings() -> None:
    user = user_made("grace")
    for title in ("one", "two"):
        admitted(meeting_recorded(actor=host_made(title)), display_name="Grace", actor=actor_for(user))
    client = Client()
    client.force_login(user)
    assert [each["participant"]["account"] for each in get(client, "/me/data").json()["data"]] == ["grace"] * 2
    assert_problem(get(guest(), "/me/data"), 401, "unauthenticated")


def test_nobody_else_reads_or_erases(storage: FileSystemStorage) -> None:
    meeting, ada, ben = two_voices()
    path = person(meeting, ada)
    stranger, other = Client(), user_made("mallory")
    for client in (stranger, Client()):
        if client is not stranger:
            client.force_login(other)
        assert_problem(get(client, f"{path}/data"), 403, "forbidden")
        assert_problem(post(client, f"{path}/erase", {}), 403, "forbidden")
    assert_problem(post(stranger, f"{path}/erase", {"resume_token": token_of(ben)}), 403, "forbidden")
    headers = {"Resume-Token": token_of(ben)}
    assert_problem(stranger.get(f"{API}{path}/data", headers=headers), 403, "forbidden")
    by_id = f"/meetings/{meeting.pk}/participants/{ada.opened.participant_id}"
    assert_problem(get(stranger, f"{by_id}/data"), 404, "not_found")
    assert Participant.objects.get(pk=ada.opened.participant_id).display_name == "Ada"


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_is_nowhere_and_the_others_are_as_before(storage: FileSystemStorage) -> None:
    meeting, ada, ben = two_voices()
    Meeting.objects.update(state="ended", ended_at=meeting.created_at)
    work()
    leaked = Segment.objects.get(audio_session=ben.owner.session_id)
    before = [each.speech for each in ledger(meeting_id=meeting.pk)]
    own = content(Recording.objects.get(audio_session=ben.owner.session_id))
    answer = post(Client(), f"{person(meeting, ada)}/erase", {"resume_token": token_of(ada)})
    assert answer.status_code == 200
    assert answer.json()["counts"] == {"segments": 1, "revisions": 0, "files": 1}
    everything = str(list(Participant.objects.values())) + str(list(MeetingEvent.objects.values()))
    everything += str(list(Segment.objects.values())) + str(events_after(meeting_id=meeting.pk, after_seq=0, limit=100))
    assert "Ada" not in everything
    assert "Erased participant" in everything
    told: Any = events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages[-1]
    assert told["event"] | {"at_ms": 0} == {
        "type": "content.purged",
        "what": "participant",
        "participant_id": str(ada.opened.participant_id),
        "reason": "asked",
        "at_ms": 0,
    }
    assert [each.speech for each in ledger(meeting_id=meeting.pk)] == before
    assert [line["text"] for line in transcript(meeting=meeting).segments if line["text"]] == [leaked.text]
    assert work() == 1  # the mix, without that voice
    assert (content(Recording.objects.get(audio_session=ben.owner.session_id)) == own).all()
    mix = content(Recording.objects.get(kind="mix"))
    assert abs(mix[: own.size].astype(int) - own.astype(int)).max() <= 1
    assert len(files(storage)) == 2
    assert not AudioSession.objects.get(pk=ada.owner.session_id).levels.exists()
    assert audit_verify(meeting_id=meeting.pk) is None
    assert DeletionProof.objects.get().by == f"participant:{ada.opened.participant_id}"


def test_what_other_microphones_heard_of_them_goes_too(storage: FileSystemStorage) -> None:
    meeting, ada, ben = two_voices()
    heard = Segment.objects.get(audio_session=ben.owner.session_id)
    segment_retract(segment_id=heard.pk, actor="system", reason="bleed")
    post(Client(), f"{person(meeting, ada)}/erase", {"resume_token": token_of(ada)})
    heard.refresh_from_db()
    assert heard.text == ""
    assert RecordingChunk.objects.filter(audio_session=ben.owner.session_id).exists()


def test_somebody_who_is_there_or_held_is_not_erased(storage: FileSystemStorage) -> None:
    meeting, ada, _ = two_voices(is_over=False)
    body = {"resume_token": token_of(ada)}
    assert_problem(post(Client(), f"{person(meeting, ada)}/erase", body), 409, "participant_present")
    session_end(owner=ada.owner)
    hold_place(meeting=meeting, by="x", reason="Case 7")
    assert_problem(post(Client(), f"{person(meeting, ada)}/erase", body), 409, "legal_hold")
    assert Segment.objects.filter(text="I am Ada Lovelace").exists()
