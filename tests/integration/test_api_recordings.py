"""Who hears what: only those who may read, only with an address of ours, only for minutes, and each time audited."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import soundfile
from asgiref.sync import async_to_sync
from django.core import signing
from django.test import Client
from django.utils import timezone

from meetings.access import actor_for
from meetings.models import AuditEvent, Meeting, Recording, Segment
from meetings.recordings import links
from meetings.recordings.flac import Int16
from meetings.recordings.links import Link, link_sign
from meetings.recordings.work import recordings_work
from meetings.services.meetings import meeting_end
from meetings.services.sessions import session_end
from tests.integration.api_calls import API, assert_problem, get, guest, made, post, program
from tests.integration.made import silence, speech
from tests.integration.recorded import Speaking, sound, speaking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]


def recorded(client: Client) -> tuple[dict[str, Any], Speaking, Int16, Segment]:
    """A meeting, and somebody whose second utterance is recorded from its middle on."""
    meeting = made(client, policies={"recording": True})
    ada = speaking(Meeting.objects.get(pk=meeting["id"]))
    samples = sound(24_000)
    ada.commit(speech(0, 16_000), recorded=[ada.write(samples[:16_000], start=0)])
    ada.commit(speech(16_000, 32_000), recorded=[ada.write(samples[16_000:], start=24_000)])
    ada.commit(speech(32_000, 40_000), silence(48_000))
    return meeting, ada, samples, Segment.objects.get(start=0)


def heard(client: Client, url: str) -> Int16:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    samples, rate = soundfile.read(BytesIO(answer.content), dtype="int16")
    assert rate == 16_000
    found: Int16 = samples
    return found


def ended(meeting: dict[str, Any], ada: Speaking) -> None:
    session_end(owner=ada.owner)
    row = Meeting.objects.get(pk=meeting["id"])
    meeting_end(meeting=row, actor=actor_for(row.host))
    recordings_work(clock=timezone.now)


@pytest.mark.parametrize("is_over", [False, True])
def test_a_line_plays_exactly_its_samples_before_and_after_the_recording_is_made(is_over: bool) -> None:
    client = program()
    meeting, ada, samples, _ = recorded(client)
    if is_over:
        ended(meeting, ada)
    first, second, third = Segment.objects.order_by("start")
    answer = get(client, f"/segments/{first.pk}/audio").json()
    assert (answer["n_samples"], answer["duration_ms"], answer["expires_in"]) == (16_000, 1_000, links.LINK_TTL_S)
    assert np.array_equal(heard(Client(), answer["url"]), samples[:16_000])
    answer = get(client, f"/segments/{second.pk}/audio").json()
    wanted = np.concatenate([np.zeros(8_000, np.int16), samples[16_000:]])
    assert np.array_equal(heard(Client(), answer["url"]), wanted)
    assert_problem(get(client, f"/segments/{third.pk}/audio"), 404, "not_recorded")


def test_each_time_somebody_listens_is_in_the_trail_with_who_it_was() -> None:
    client = program()
    meeting, _, _, segment = recorded(client)
    url = get(client, f"/segments/{segment.pk}/audio").json()["url"]
    assert not AuditEvent.objects.filter(action="recording.played").exists()
    heard(Client(), url)
    heard(Client(), url)
    entries = AuditEvent.objects.filter(action="recording.played")
    host = Meeting.objects.get(pk=meeting["id"]).host
    assert host
    assert [(e.actor, e.target) for e in entries] == [(f"user:{host.pk}", f"segment:{segment.pk}")] * 2


def test_who_knows_the_code_hears_and_strangers_do_not() -> None:
    meeting, _, _, segment = recorded(program())
    assert_problem(get(guest(), f"/segments/{segment.pk}/audio"), 404, "not_found")
    assert_problem(get(guest(), f"/meetings/{meeting['id']}/segments/{segment.pk}/audio"), 404, "not_found")
    answer = get(guest(), f"/meetings/{meeting['code']}/segments/{segment.pk}/audio")
    assert answer.status_code == 200
    other = made(program("other"))
    assert_problem(get(guest(), f"/meetings/{other['code']}/segments/{segment.pk}/audio"), 404, "not_found")
    assert_problem(get(program(), f"/segments/{uuid4()}/audio"), 404, "not_found")


def test_an_address_cannot_be_made_or_bent() -> None:
    client = program()
    _, _, _, segment = recorded(client)
    url = get(client, f"/segments/{segment.pk}/audio").json()["url"]
    path = url.partition("testserver")[2]
    assert Client().get(path).status_code == 200
    text = path.rpartition("/")[2]
    swapped = link_sign(Link(target="segment", target_id=uuid4(), actor="guest"))
    last = "A" if text[-1] != "A" else "B"
    for bent in (text[:-1] + last, "nonsense", "a:b:c", swapped.partition(":")[0] + text[text.index(":") :]):
        assert_problem(get(Client(), f"/audio/segments/{bent}"), 403, "link_invalid")
    assert_problem(get(Client(), f"/audio/recordings/{text}"), 403, "link_invalid")
    foreign = signing.dumps(["segment", segment.pk.hex, "guest"], salt="another")
    assert_problem(get(Client(), f"/audio/segments/{foreign}"), 403, "link_invalid")
    assert AuditEvent.objects.filter(action="recording.played").count() == 1


def test_an_address_is_of_no_use_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, _, segment = recorded(program())
    link = link_sign(Link(target="segment", target_id=segment.pk, actor="guest"))
    monkeypatch.setattr(links, "LINK_TTL_S", -1)
    assert_problem(get(Client(), f"/audio/segments/{link}"), 403, "link_expired")
    assert not AuditEvent.objects.filter(action="recording.played").exists()


def test_what_was_taken_out_of_the_transcript_cannot_be_heard() -> None:
    client = program()
    _, _, _, segment = recorded(client)
    url = get(client, f"/segments/{segment.pk}/audio").json()["url"]
    Segment.objects.filter(pk=segment.pk).update(state="redacted")
    assert_problem(get(client, f"/segments/{segment.pk}/audio"), 404, "not_recorded")
    assert Client().get(url).status_code == 404


async def read_stream(response: Any) -> bytes:
    return b"".join([part async for part in response.streaming_content])


def test_the_host_finds_and_downloads_what_was_made() -> None:
    client = program()
    meeting, ada, samples, _ = recorded(client)
    assert get(client, f"/meetings/{meeting['id']}/recordings").json() == {"data": []}
    ended(meeting, ada)
    found = {each["kind"]: each for each in get(client, f"/meetings/{meeting['id']}/recordings").json()["data"]}
    session = found["session"]
    assert (session["display_name"], session["state"], session["n_samples"]) == ("Ada", "done", 48_000)
    assert session["spans"] == [{"from": 0, "to": 16_000}, {"from": 24_000, "to": 32_000}]
    response = Client().get(session["download"]["url"])
    assert response.status_code == 200
    data = async_to_sync(read_stream)(response)
    assert len(data) == int(response["Content-Length"]) == session["n_bytes"]
    content, _ = soundfile.read(BytesIO(data), dtype="int16")
    wanted = np.zeros(48_000, np.int16)
    wanted[:16_000], wanted[24_000:32_000] = samples[:16_000], samples[16_000:]
    assert np.array_equal(content, wanted)
    assert ".flac" in response["Content-Disposition"]
    assert response["X-Accel-Buffering"] == "no", "no proxy keeps it on its own disk"
    entry = AuditEvent.objects.get(action="recording.downloaded")
    assert entry.target == f"recording:{session['id']}"


def test_recordings_are_the_hosts_alone() -> None:
    meeting, ada, _, _ = recorded(program())
    ended(meeting, ada)
    assert_problem(get(guest(), f"/meetings/{meeting['code']}/recordings"), 403, "forbidden")
    assert_problem(get(guest(), f"/meetings/{meeting['id']}/recordings"), 404, "not_found")
    answer = guest().delete(f"{API}/meetings/{meeting['code']}/recordings")
    assert answer.status_code == 403
    assert Recording.objects.filter(state="done").count() == 2


def test_the_host_purges() -> None:
    client = program()
    meeting, ada, _, segment = recorded(client)
    ended(meeting, ada)
    (download, _) = (each["download"] for each in get(client, f"/meetings/{meeting['id']}/recordings").json()["data"])
    assert client.delete(f"{API}/meetings/{meeting['id']}/recordings").status_code == 204
    assert get(client, f"/meetings/{meeting['id']}/recordings").json() == {"data": []}
    assert Client().get(download["url"]).status_code == 404
    assert_problem(get(client, f"/segments/{segment.pk}/audio"), 404, "not_recorded")


def test_a_meeting_is_made_recorded_on_the_start_page_and_by_rest() -> None:
    client = guest()
    page = client.post("/", {"title": "Board", "language": "en", "recording": "on"})
    meeting = Meeting.objects.get(code=page["Location"].split("/")[2])
    assert meeting.policies == {"recording": True}
    lobby = client.get(f"/m/{meeting.code}/").content.decode()
    assert 'id="consent-recording"' in lobby
    assert "The sound itself is not recorded" not in lobby
    plain = Meeting.objects.get(code=client.post("/", {"title": "B", "language": "en"})["Location"].split("/")[2])
    lobby = client.get(f"/m/{plain.code}/").content.decode()
    assert 'id="consent-recording"' not in lobby
    assert "The sound itself is not recorded" in lobby
    assert post(client, "/meetings", {"title": "a", "policies": {"recording": 1}}).status_code == 422


def test_the_hosts_page_leads_to_the_sound_of_each_and_of_all_and_nobody_elses_does() -> None:
    client = guest()
    page = client.post("/", {"title": "Board", "language": "en", "recording": "on"})
    meeting = Meeting.objects.get(code=page["Location"].split("/")[2])
    ada = speaking(meeting)
    ada.commit(speech(0, 16_000), recorded=[ada.write(sound(16_000), start=0)])
    session_end(owner=ada.owner)
    post(client, f"/meetings/{meeting.code}/end")
    recordings_work(clock=timezone.now)
    shown = client.get(f"/m/{meeting.code}/transcript/").content.decode()
    for recording in Recording.objects.all():
        address = f"/m/{meeting.code}/recordings/{recording.pk}/"
        assert address in shown
        found = client.get(address)
        assert found.status_code == 302
        assert len(async_to_sync(read_stream)(Client().get(found["Location"]))) == recording.n_bytes
        assert guest().get(address).status_code == 403
    assert "/recordings/" not in guest().get(f"/m/{meeting.code}/transcript/").content.decode()
    other = made(program())
    assert client.get(f"/m/{other['code']}/recordings/{Recording.objects.all()[0].pk}/").status_code == 403


def test_the_transcript_offers_to_play_what_is_recorded_and_nothing_else() -> None:
    meeting, _, _, _ = recorded(program())
    page = guest().get(f"/m/{meeting['code']}/transcript/").content.decode()
    first, second, third = Segment.objects.order_by("start")
    for segment, is_there in ((first, True), (second, True), (third, False)):
        assert (f"/segments/{segment.pk}/audio" in page) == is_there
