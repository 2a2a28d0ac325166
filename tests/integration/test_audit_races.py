"""Many append at once, from connections of their own, and each chain stays one. On SQLite they wait for each other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from meetings.audit_key import signing_key
from meetings.audit_walk import Sealed
from meetings.errors import NotFound
from meetings.models import AuditEvent, AuditHead
from meetings.services import audit_check as audit_check_module
from meetings.services.audit import audit_append
from meetings.services.audit_check import anchors_read, audit_check
from tests.integration.made import all_at_once, commit, meeting_made, opened, speech

pytestmark = pytest.mark.django_db(transaction=True)
N_AT_ONCE, N_EACH = 6, 5


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


def append_some(meeting_id: UUID | None, who: int) -> None:
    for _ in range(N_EACH):
        with transaction.atomic():
            audit_append(meeting_id=meeting_id, actor=f"user:{who}", action="meeting.updated", target="meeting:0")


def trail(meeting_id: UUID | None) -> list[int]:
    return list(AuditEvent.objects.filter(meeting_id=meeting_id).order_by("number").values_list("number", flat=True))


def test_nodes_that_append_to_one_meeting_at_once_make_one_chain() -> None:
    meeting = meeting_made()
    outcomes = all_at_once(*(partial(append_some, meeting.pk, who) for who in range(N_AT_ONCE)))
    assert outcomes == [None] * N_AT_ONCE
    assert trail(meeting.pk) == list(range(1, N_AT_ONCE * N_EACH + 2))
    assert audit_check(meeting_id=meeting.pk) == []


@pytest.mark.parametrize("is_first", [True, False], ids=["the very first entries", "later ones"])
def test_acts_outside_of_meetings_at_once_make_one_chain_and_none_is_refused(is_first: bool) -> None:
    if not is_first:
        append_some(None, 0)
    n_before = len(trail(None))
    outcomes = all_at_once(*(partial(append_some, None, who) for who in range(N_AT_ONCE)))
    assert outcomes == [None] * N_AT_ONCE
    assert trail(None) == list(range(1, n_before + N_AT_ONCE * N_EACH + 1))
    assert audit_check(meeting_id=None) == []


def test_an_act_that_is_taken_back_gives_its_number_back() -> None:
    meeting = meeting_made()
    for meeting_id in (meeting.pk, None):
        with transaction.atomic():
            audit_append(meeting_id=meeting_id, actor="x", action="meeting.updated", target="y")
            transaction.set_rollback(True)
        append_some(meeting_id, 1)
        assert audit_check(meeting_id=meeting_id) == []


def test_a_meeting_that_never_was_gets_no_trail() -> None:
    with pytest.raises(NotFound), transaction.atomic():
        audit_append(meeting_id=UUID(int=1), actor="x", action="meeting.updated", target="y")
    assert not AuditHead.objects.filter(pk=UUID(int=1).hex).exists()


def test_verifying_while_people_speak_finds_nothing() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    is_over = Event()

    def verify() -> list[object]:
        found: list[object] = []
        try:
            while not is_over.is_set():
                found += audit_check(meeting_id=meeting.pk, anchors=anchors_read())
        finally:
            connections.close_all()
        return found

    with ThreadPoolExecutor(1) as thread:
        verifying = thread.submit(verify)
        try:
            for start in range(0, 40 * 8_000, 8_000):
                commit(session.owner, speech(start, start + 8_000, text=f"line {start}"), settled_from=start)
        finally:
            is_over.set()
        assert verifying.result() == []


def test_what_is_said_between_two_glances_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the chain was read, and then it grew: it is looked at again, when it cannot grow."""
    meeting = meeting_made()
    session = opened(meeting)
    glances: list[bool] = []
    entries = audit_check_module._entries

    def grown(meeting_id: UUID | None) -> Iterator[Sealed]:
        if not glances:
            commit(session.owner, speech(0, 8_000))
        glances.append(connection.in_atomic_block)
        yield from entries(meeting_id)

    monkeypatch.setattr(audit_check_module, "_entries", grown)
    assert audit_check(meeting_id=meeting.pk) == []
    assert glances == [False, True]


def test_processes_that_ask_for_the_key_at_once_get_the_same() -> None:
    keys = all_at_once(*(lambda: signing_key().public_hex for _ in range(N_AT_ONCE)))
    assert len(set(map(str, keys))) == 1


def test_an_entry_costs_as_many_queries_however_long_the_chain_is() -> None:
    """The lock, the end of the chain, the entry: what a commit always paid."""
    meeting = meeting_made()
    counts = []
    for _ in range(2):
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            audit_append(meeting_id=meeting.pk, actor="x", action="meeting.updated", target="y")
        counts.append(len(queries))
        append_some(meeting.pk, 1)
    assert counts == [3, 3]
