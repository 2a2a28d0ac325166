"""The only door between async code and the database: whole services, one thread hop and one transaction each."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar
from uuid import UUID

from asgiref.sync import SyncToAsync
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from meetings import feed_access, in_flight, selectors
from meetings.phone import AdmittedCall, PhoneCaller
from meetings.services import (
    consents,
    feeds,
    languages,
    node_readings,
    nodes,
    orphans,
    phone_calls,
    recording_switches,
    session_commits,
    sessions,
    tickets,
    undelivered,
)
from meetings.session_clock import ClockCorrection
from meetings.values import (
    Committed,
    EndedSession,
    FeedReader,
    LanguageSpan,
    NodeState,
    OpenedSession,
    RecordingSwitch,
    Redeemed,
    SessionOwner,
    Span,
)
from meetings.wire import ParticipantWire
from streaming.errors import StoreRefused, StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

N_READERS = 4
N_POSTGRESQL_WRITERS = 4
CALL_TIMEOUT_S = 30.0


class Store:
    """Services as coroutines, on threads of their own.

    SQLite has one writer at a time whatever we do, so one thread spares the lock its fights; readers have a pool
    apart, so that a slow page of the log never delays a commit.
    """

    def __init__(self) -> None:
        n_writers = 1 if connection.vendor == "sqlite" else N_POSTGRESQL_WRITERS
        self._writers = ThreadPoolExecutor(n_writers, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(N_READERS, thread_name_prefix="store-read")

    def close(self) -> None:
        self._writers.shutdown(wait=True, cancel_futures=True)
        self._readers.shutdown(wait=True, cancel_futures=True)

    async def ticket_redeem(self, ticket: str) -> Redeemed:
        return await self._write(tickets.ticket_redeem, ticket=ticket)

    async def session_open(self, session_id: UUID, *, node: str, resume_token: str | None) -> OpenedSession:
        return await self._write(sessions.session_open, session_id=session_id, node=node, resume_token=resume_token)

    async def session_origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
        return await self._write(sessions.session_origin_set, owner=owner, origin_ms_from_meeting_start=origin_ms)

    async def session_language_set(
        self, owner: SessionOwner, *, position: int, language: str | None
    ) -> tuple[LanguageSpan, ...]:
        return await self._write(languages.session_language_set, owner=owner, position=position, language=language)

    async def session_recording_set(
        self, owner: SessionOwner, *, received: int, position: int
    ) -> tuple[RecordingSwitch, ...]:
        return await self._write(
            recording_switches.session_recording_set, owner=owner, received=received, position=position
        )

    async def meeting_words(self, meeting_id: UUID) -> tuple[str, ...]:
        return await self._read(selectors.meeting_words, meeting_id=meeting_id)

    async def session_commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        return await self._write(
            session_commits.session_commit,
            owner=owner,
            settled_from=settled_from,
            received=received,
            spans=spans,
            correction=correction,
        )

    async def session_detach(self, owner: SessionOwner, *, received: int = 0) -> bool:
        return await self._write(sessions.session_detach, owner=owner, received=received)

    async def session_is_in_flight(self, session_id: UUID, *, node: str) -> bool | None:
        return await self._read(in_flight.session_is_in_flight, session_id=session_id, node=node)

    async def session_leave(self, owner: SessionOwner, *, reason: str) -> None:
        await self._write(sessions.session_leave, owner=owner, reason=reason)

    async def session_end(self, owner: SessionOwner, *, reason: str) -> EndedSession:
        return await self._write(sessions.session_end, owner=owner, reason=reason)

    async def session_counters(self, session_id: UUID) -> EndedSession:
        return await self._read(sessions.session_counters, session_id=session_id)

    async def consent_record(self, participant_id: UUID, granted: Sequence[str]) -> tuple[str, ...]:
        return await self._write(consents.consent_record, participant_id=participant_id, granted=granted)

    async def phone_key_check(self, key: str) -> None:
        await self._write(phone_calls.phone_key_check, key=key)

    async def phone_call_admit(self, key: str, caller: PhoneCaller) -> AdmittedCall:
        return await self._write(phone_calls.phone_call_admit, key=key, caller=caller)

    async def phone_call_consent(self, key: str, participant_id: UUID) -> tuple[str, ...]:
        return await self._write(phone_calls.phone_call_consent, key=key, participant_id=participant_id)

    async def feed_open_by_token(self, api_token: str, reference: str) -> FeedReader:
        return await self._read(feeds.feed_open_by_token, api_token=api_token, reference=reference)

    async def feeds_lost(self, readers: Collection[FeedReader]) -> set[FeedReader]:
        return await self._read(feed_access.feeds_lost, readers)

    async def meeting_is(self, meeting_id: UUID, reference: str) -> bool:
        return await self._read(selectors.meeting_is, meeting_id=meeting_id, reference=reference)

    async def node_sessions_detach(self, name: str) -> int:
        return await self._write(nodes.node_sessions_detach, node=name)

    async def sessions_received_note(self, progress: Sequence[tuple[SessionOwner, int]]) -> int:
        return await self._write(sessions.sessions_received_note, progress=progress)

    async def sessions_abandoned_finalize(self) -> int:
        return await self._write(orphans.sessions_abandoned_finalize, now=timezone.now())

    async def sessions_undelivered_end(self) -> int:
        return await self._write(undelivered.sessions_undelivered_end, now=timezone.now())

    async def node_heartbeat(self, name: str) -> None:
        await self._write(nodes.node_heartbeat, name=name)

    async def node_reading_note(self, name: str, state: NodeState) -> None:
        await self._write(node_readings.node_reading_note, name=name, state=state, now=timezone.now())

    async def events_after(self, meeting_id: UUID, *, after_seq: int, limit: int) -> selectors.EventsPage:
        return await self._read(selectors.events_after, meeting_id=meeting_id, after_seq=after_seq, limit=limit)

    async def meetings_last_seq(self, meeting_ids: Sequence[UUID]) -> dict[UUID, int]:
        return await self._read(selectors.meetings_last_seq, meeting_ids=meeting_ids)

    async def participants_present(self, meeting_id: UUID) -> list[ParticipantWire]:
        return await self._read(selectors.participants_present, meeting_id=meeting_id)

    async def _write(self, service: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._call(self._writers, service, *args, **kwargs)

    async def _read(self, selector: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._call(self._readers, selector, *args, **kwargs)

    async def _call(
        self, executor: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        # Not database_sync_to_async: it would log in to the database anew for every call.
        call = SyncToAsync(partial(_on_kept_connection, function), thread_sensitive=False, executor=executor)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                result: T = await call(*args, **kwargs)
                return result
        except (OperationalError, InterfaceError, TimeoutError) as error:
            raise StoreUnavailable from error
        except DatabaseError as error:
            # Not chained: some databases quote the refused values, and they hold what was said.
            raise StoreRefused(f"the database raised {type(error).__name__}") from None


def _on_kept_connection(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Our threads keep their connections; one that failed is closed, and the next call opens another."""
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError):
        connection.close()
        raise
