"""Callers of the pages of people's data, and somebody in a meeting whose data is there to be read and erased."""

from django.contrib.auth.models import User
from django.test import Client

from meetings.models import Meeting, Participant, Segment
from meetings.services.sessions import session_end
from tests.integration.recorded import Speaking, said, speaking

WORDS = "I am Ada Lovelace"
SURE = {"act": "erase", "sure": "on"}


def logged_in(user: User | None, *, has_csrf_checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=has_csrf_checks)
    if user is not None:
        client.force_login(user)
    return client


def people_page(meeting: Meeting) -> str:
    return f"/m/{meeting.code}/people/"


def person_page(meeting: Meeting, who: Speaking) -> str:
    return f"{people_page(meeting)}{who.opened.participant_id}/"


def in_one_line(content: bytes) -> str:
    """Templates break lines where they like."""
    return " ".join(content.decode().split())


def read(client: Client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return in_one_line(answer.content)


def done(client: Client, page: str, *, leads_to: str = "", **fields: str) -> str:
    """What the page says after an act, done or refused, to which that leads: itself, where nothing else is said."""
    answer = client.post(page, fields, follow=True)
    assert answer.redirect_chain == [(leads_to or page, 302)]
    return in_one_line(answer.content)


def ada_here(meeting: Meeting, *, user: User | None = None) -> Speaking:
    """She said a line, was recorded, and is still connected; `user` is her account."""
    ada = speaking(meeting)
    said(ada)
    Segment.objects.update(text=WORDS)
    Participant.objects.filter(pk=ada.opened.participant_id).update(user=user)
    return ada


def ada_gone(meeting: Meeting, *, user: User | None = None) -> Speaking:
    ada = ada_here(meeting, user=user)
    session_end(owner=ada.owner)
    return ada


def is_all_there() -> bool:
    return Segment.objects.filter(text=WORDS).exists() and Participant.objects.filter(display_name="Ada").exists()
