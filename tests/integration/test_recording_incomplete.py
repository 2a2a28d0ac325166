"""A voice that cannot be made is missing from the mix with a word; an older file is better than none."""

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meetings.access import Actor
from meetings.models import AuditEvent, Recording, RecordingChunk, Segment
from meetings.recordings.reading import segment_has_audio
from meetings.services.meetings import meeting_end
from meetings.services.sessions import session_detach, session_end, session_open
from tests.integration.recorded import Speaking, content, files, meeting_recorded, of_session, said, speaking, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]


def damage(storage: FileSystemStorage, who: Speaking) -> None:
    piece = RecordingChunk.objects.filter(audio_session=who.owner.session_id).order_by("start").last()
    assert piece is not None
    storage.save(piece.file, ContentFile(b"not what was written"))


def test_the_mix_and_the_hosts_page_say_who_is_missing(host: Actor, storage: FileSystemStorage) -> None:
    meeting = meeting_recorded(actor=host)
    ada, ben = speaking(meeting), speaking(meeting, name="Ben", origin_ms=1_250)
    wanted = said(ada)
    said(ben, seed=7)
    damage(storage, ben)
    for who in (ada, ben):
        session_end(owner=who.owner)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 2
    mix = Recording.objects.get(kind="mix")
    assert np.array_equal(content(mix), wanted)
    assert (mix.state, mix.problem) == ("done", "voices_missing")
    assert mix.missing == [{"from": 20_000, "to": 68_000, "reason": "recording_unreadable"}]
    client = Client()
    assert host.user is not None
    client.force_login(host.user)
    page = " ".join(client.get(f"/m/{meeting.code}/transcript/").content.decode().split())
    assert "<bdi>Ben</bdi> (could not be made)" in page
    assert "(some of it could not be made)" in page


def test_what_could_not_be_made_is_tried_again_when_the_host_asks(host: Actor, storage: FileSystemStorage) -> None:
    meeting = meeting_recorded(actor=host)
    ada, ben = speaking(meeting), speaking(meeting, name="Ben", origin_ms=1_250)
    said(ada)
    wanted = said(ben, seed=7)
    piece = RecordingChunk.objects.filter(audio_session=ben.owner.session_id).order_by("start").last()
    assert piece is not None
    with storage.open(piece.file) as file:
        written = file.read()
    damage(storage, ben)
    for who in (ada, ben):
        session_end(owner=who.owner)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 2
    failed, made = of_session(ben), of_session(ada)
    storage.delete(piece.file)
    storage.save(piece.file, ContentFile(written))
    client, stranger = Client(), Client()
    assert host.user is not None
    client.force_login(host.user)
    address = f"/m/{meeting.code}/recordings/{failed.pk}/retry/"
    assert stranger.post(address).status_code == 403
    assert (work(), client.get(address).status_code) == (0, 405)
    assert client.post(address).status_code == 302
    assert client.post(f"/api/v1/meetings/{meeting.code}/recordings/{made.pk}/retry").status_code == 202
    assert work() == 2, "Ben's, and the mix that lacked it; not Ada's, which was made"
    assert np.array_equal(content(of_session(ben)), wanted)
    mix = Recording.objects.get(kind="mix")
    assert (mix.state, mix.problem, mix.missing) == ("done", "", [])
    assert [each.target for each in AuditEvent.objects.filter(action="recording.retried")] == [f"recording:{failed.pk}"]


def test_an_older_file_is_kept_when_what_came_later_cannot_be_added(host: Actor, storage: FileSystemStorage) -> None:
    meeting = meeting_recorded(actor=host)
    ada = speaking(meeting)
    first = said(ada)
    session_detach(owner=ada.owner)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 2
    ada.opened = session_open(session_id=ada.owner.session_id, node="node-2", resume_token=None)
    said(ada, seed=5)
    damage(storage, ada)
    session_end(owner=ada.owner)
    assert work() == 1, "the mix"
    recording, mix = of_session(ada), Recording.objects.get(kind="mix")
    assert (recording.state, recording.problem) == ("done", "recording_unreadable")
    assert np.array_equal(content(recording), first)
    assert mix.missing == [{"from": 48_000, "to": 96_000, "reason": "recording_unreadable"}]
    assert work() == 0, "it is not asked for again and again"
    assert RecordingChunk.objects.count() == 4, "what is left is kept for whoever mends it"
    assert {recording.file, mix.file} < files(storage)


def test_whether_one_line_can_be_heard_is_asked_of_the_pieces_around_it(host: Actor) -> None:
    """Not of all pieces of hours."""
    said(speaking(meeting_recorded(actor=host)))
    segment = Segment.objects.get()
    with CaptureQueriesContext(connection) as queries:
        assert segment_has_audio(segment)
    (asked,) = (query["sql"] for query in queries if 'FROM "meetings_recordingchunk"' in query["sql"])
    assert f'"start" < {segment.end}' in asked
