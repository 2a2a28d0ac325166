"""Meetings, participants and commits to begin from, made by the services themselves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import connections

from meetings.access import GUEST, Actor, actor_for
from meetings.models import AudioSession, Meeting
from meetings.services.meetings import meeting_create
from meetings.services.participants import Admission, participant_admit
from meetings.services.sessions import session_commit, session_open, session_origin_set
from meetings.services.tokens import api_token_find
from meetings.values import Committed, FinalSegment, OpenedSession, SessionOwner, Span

T = TypeVar("T")


def user_made(name: str = "ada", *, is_staff: bool = False) -> User:
    return User.objects.create_user(name, password="made-up", is_staff=is_staff)


def host_made(name: str = "ada") -> Actor:
    return actor_for(user_made(name))


def account_of_token(token: str) -> User | None:
    """None where the token is not valid."""
    row = api_token_find(token=token)
    return None if row is None else row.user


def meeting_made(*, actor: Actor | None = None, title: str = "Board") -> Meeting:
    return meeting_create(actor=actor or GUEST, title=title)


def admitted(meeting: Meeting, *, display_name: str = "Ada", role: str = "speaker", actor: Actor = GUEST) -> Admission:
    return participant_admit(meeting=meeting, actor=actor, display_name=display_name, role=role)


def opened(meeting: Meeting, *, display_name: str = "Ada", node: str = "node-1") -> OpenedSession:
    """A participant whose session is open and has its origin at meeting time 0."""
    admission = admitted(meeting, display_name=display_name)
    session = session_open(session_id=admission.session_id, node=node, resume_token=None)
    session_origin_set(owner=session.owner, origin_ms_from_meeting_start=0)
    return session


def speech(start: int, end: int, *, text: str = "hello there", segment_id: UUID | None = None, rev: int = 1) -> Span:
    segment = FinalSegment(
        segment_id=segment_id or uuid4(),
        rev=rev,
        start=start,
        end=end,
        text=text,
        language="en",
        confidence=0.9,
        engine="test",
    )
    return Span(kind="speech", end=end, segment=segment)


def silence(end: int) -> Span:
    return Span(kind="nonspeech", end=end)


def gap(end: int, *, reason: str = "device_lost") -> Span:
    return Span(kind="gap", end=end, reason=reason)


def commit(owner: SessionOwner, *spans: Span, settled_from: int = 0, received: int = 0) -> Committed:
    return session_commit(owner=owner, settled_from=settled_from, received=received, spans=spans)


def stored(owner: SessionOwner) -> AudioSession:
    return AudioSession.objects.get(pk=owner.session_id)


def log_types(meeting: Meeting) -> list[str]:
    """Of the meeting's events, in their order."""
    return list(meeting.events.order_by("seq").values_list("type", flat=True))


def all_at_once(*calls: Callable[[], T]) -> list[T | Exception]:
    """Each call on a thread, and so on a connection, of its own; what it returned or raised, in order."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(_call, calls))


def _call(call: Callable[[], T]) -> T | Exception:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the outcome of a race is what its test asks for
        return error
    finally:
        connections.close_all()
