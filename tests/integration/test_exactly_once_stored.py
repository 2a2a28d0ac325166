"""The schedules of `tests/unit/test_exactly_once.py` against the real services on the real database."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from meetings.models import AudioSession, MeetingEvent, Segment
from meetings.services.sessions import (
    session_commit,
    session_detach,
    session_end,
    session_leave,
    session_open,
    session_origin_set,
)
from meetings.session_clock import ClockCorrection
from meetings.values import Committed, EndedSession, OpenedSession, SessionOwner, Span
from tests.integration.made import admitted, meeting_made
from tests.unit.exactly_once_client import Stretch
from tests.unit.exactly_once_machine import ExactlyOnce
from tests.unit.exactly_once_rows import Account, StoredLine

T = TypeVar("T")

N_EXAMPLES = int(os.environ.get("COLLOQUY_EXAMPLES") or 40)


class ServiceRows:
    """An audio session of its own, reached by the services on a thread, because the simulation runs in a loop."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self._session_id = self._call(lambda: admitted(meeting_made()).session_id)

    def _call(self, service: Callable[[], T]) -> T:
        return self._thread.submit(service).result()

    def open(self) -> OpenedSession:
        return self._call(lambda: session_open(session_id=self._session_id, node="node", resume_token=None))

    def commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        return self._call(
            lambda: session_commit(
                owner=owner,
                settled_from=settled_from,
                received=received,
                spans=spans,
                correction=correction,
            )
        )

    def origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
        return self._call(lambda: session_origin_set(owner=owner, origin_ms_from_meeting_start=origin_ms))

    def detach(self, owner: SessionOwner, *, received: int) -> bool:
        return self._call(lambda: session_detach(owner=owner, received=received))

    def leave(self, owner: SessionOwner, *, reason: str) -> None:
        self._call(lambda: session_leave(owner=owner, reason=reason))

    def end(self, owner: SessionOwner) -> EndedSession:
        return self._call(lambda: session_end(owner=owner))

    def settled(self) -> int:
        return self._call(lambda: AudioSession.objects.values_list("settled", flat=True).get(pk=self._session_id))

    def account(self) -> Account:
        return self._call(self._account)

    def _account(self) -> Account:
        session = AudioSession.objects.get(pk=self._session_id)
        segments = Segment.objects.filter(audio_session=session).order_by("start")
        gaps = MeetingEvent.objects.filter(audio_session=session, type=MeetingEvent.Type.AUDIO_GAP)
        told = [each.payload for each in gaps]
        log = MeetingEvent.objects.filter(meeting=session.participant.meeting_id).order_by("seq")
        return Account(
            generation=session.generation,
            settled=session.settled,
            received=session.received,
            speech=session.speech,
            nonspeech=session.nonspeech,
            muted=session.muted,
            gap=session.gap,
            is_ended=session.state == AudioSession.State.ENDED,
            clock=session.clock,
            lines=tuple(StoredLine(start=each.start, end=each.end, text=each.text) for each in segments),
            gaps=tuple(sorted((each["from"], each["to"], each["reason"]) for each in told)),
            seqs=tuple(log.values_list("seq", flat=True)),
        )


@pytest.fixture
def database_thread(transactional_db: None) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread
        thread.submit(connections.close_all).result()


def machine_on(thread: ThreadPoolExecutor) -> type[ExactlyOnce]:
    class Stored(ExactlyOnce):
        rows = staticmethod(lambda: ServiceRows(thread))

    return Stored


@pytest.mark.django_db(transaction=True)
def test_no_schedule_of_faults_loses_or_doubles_a_stored_sample(database_thread: ThreadPoolExecutor) -> None:
    run_state_machine_as_test(
        machine_on(database_thread),
        settings=settings(
            max_examples=N_EXAMPLES, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_what_a_zombie_had_decoded_when_another_node_took_over_is_not_committed_by_it(
    database_thread: ThreadPoolExecutor,
) -> None:
    """The one schedule that only the generation stands against: both find `settled` where their commit begins."""
    machine = machine_on(database_thread)()
    try:
        speech, silence = Stretch(n_ticks=20, level=0.9), Stretch(n_ticks=50, level=0.0)
        machine.begins(script=(speech, silence, speech, silence))
        machine.another_node_takes_over_unnoticed(seconds=[4.0] * 4, n_ticks=40)
        machine.everything_is_accounted_for()
    finally:
        machine.teardown()
