"""The outbox holds what somebody wants to be told of, exactly if the fact itself is stored, and no speech."""

from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from meetings.access import actor_for
from meetings.models import Meeting, MeetingEvent, WebhookEvent
from meetings.services.events import event_append
from meetings.services.meetings import meeting_end, meeting_update
from meetings.services.segments import segment_restore, segment_retract
from meetings.services.webhook_endpoints import webhook_update
from meetings.services.webhook_outbox import webhook_event_append
from meetings.webhooks.catalogue import OF_THE_LOG, TYPES
from tests.integration.made import commit, gap, host_made, meeting_made, opened, silence, speech, user_made
from tests.integration.webhooks_made import webhook_made

pytestmark = pytest.mark.django_db


def noted() -> list[str]:
    return list(WebhookEvent.objects.order_by("id").values_list("type", flat=True))


def test_the_life_of_a_meeting_is_noted_in_order() -> None:
    host = host_made()
    webhook_made(host, "*")
    meeting = meeting_made(actor=host)
    session = opened(meeting)
    committed = commit(session.owner, speech(0, 16_000), silence(20_000), gap(24_000), received=24_000)
    # the first is of a segment
    segment_id = UUID(committed.messages[0]["segment"]["id"])  # type: ignore[typeddict-item]
    segment_retract(segment_id=segment_id, actor="test", reason="test")
    segment_restore(segment_id=segment_id, actor="test")
    meeting_update(meeting=meeting, actor=host, title="Renamed")
    meeting_end(meeting=meeting, actor=host)
    assert noted() == [
        "meeting.created",
        "meeting.started",
        "participant.joined",
        "segment.final",
        "audio.gap",
        "segment.retracted",
        "segment.final",
        "meeting.changed",
        "meeting.ended",
    ]


def test_only_what_is_subscribed_to_is_noted() -> None:
    host = host_made()
    webhook_made(host, "segment.final", "meeting.ended")
    session = opened(meeting_made(actor=host))
    commit(session.owner, speech(0, 16_000), gap(24_000), received=24_000)
    assert noted() == ["segment.final"]


def test_where_nobody_listens_a_commit_costs_no_query_and_no_row_more() -> None:
    host = host_made()
    webhook_update(endpoint=webhook_made(host, "*").row, actor=host, is_enabled=False)
    webhook_made(host, "meeting.ended")
    session = opened(meeting_made(actor=host))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        commit(session.owner, speech(0, 16_000), received=16_000)
    about = [query["sql"] for query in queries if "webhook" in query["sql"].lower()]
    assert len(about) == 1
    assert "last_seq" in about[0]  # the query that reads the number anyway
    assert noted() == []


def test_a_fact_that_is_rolled_back_is_not_told() -> None:
    host = host_made()
    webhook_made(host, "*")
    meeting = meeting_made(actor=host)
    WebhookEvent.objects.all().delete()
    with transaction.atomic():
        event_append(meeting_id=meeting.pk, type=MeetingEvent.Type.MEETING_CHANGED, payload={})
        webhook_event_append(meeting_id=meeting.pk, type="recording.ready", data={})
        assert len(noted()) == 2
        transaction.set_rollback(True)
    assert noted() == []


@pytest.mark.django_db(transaction=True)
def test_the_outbox_is_written_within_a_transaction_only() -> None:
    meeting = meeting_made()
    with pytest.raises(transaction.TransactionManagementError):
        webhook_event_append(meeting_id=meeting.pk, type="recording.ready", data={})


def test_what_was_said_is_not_in_the_outbox() -> None:
    host = host_made()
    webhook_made(host, "*")
    session = opened(meeting_made(actor=host, title="Secret plans"), display_name="Grace")
    commit(session.owner, speech(0, 16_000, text="nobody must read this"), received=16_000)
    rows = str(list(WebhookEvent.objects.values()))
    for private in ("nobody must", "Grace", "Secret plans"):
        assert private not in rows


def test_every_type_of_the_log_can_be_subscribed_to() -> None:
    assert set(MeetingEvent.Type.values) - {"segment"} <= OF_THE_LOG <= set(TYPES)
    host = actor_for(user_made("everything"))
    assert webhook_made(host, *TYPES).row.event_types == sorted(TYPES)
    assert Meeting.objects.count() == 0
