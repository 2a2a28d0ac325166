"""All that is stored of one person in one meeting, for them to read."""

from typing import Any

from meetings.messages import segment_wire
from meetings.models import AuditEvent, ConsentRecord, MeetingEvent, Participant, Recording, Segment, SegmentRevision

Data = dict[str, Any]


def personal_data(participant: Participant) -> Data:
    """Plain values, as JSON writes them. Lines that were taken out of the transcript are in it: they are stored."""
    sessions = list(participant.audio_sessions.order_by("created_at", "id"))
    meeting = participant.meeting
    return {
        "meeting": {"id": meeting.pk, "title": meeting.title, "started_at": meeting.started_at},
        "participant": {
            "id": participant.pk,
            "display_name": participant.display_name,
            "role": participant.role,
            "language": participant.language,
            "account": participant.user.get_username() if participant.user else None,
            "joined_at": participant.joined_at,
            "left_at": participant.left_at,
        },
        "consents": [_consent(each) for each in participant.consent_records.order_by("at", "id")],
        "sessions": [
            {
                "id": each.pk,
                "state": each.state,
                "begun_at": each.begun_at,
                "ended_at": each.ended_at,
                "received": each.received,
                "speech": each.speech,
                "nonspeech": each.nonspeech,
                "muted": each.muted,
                "gap": each.gap,
            }
            for each in sessions
        ],
        "segments": [_segment(each) for each in _segments(participant)],
        "recordings": _recordings(participant),
        "events": [_event(each) for each in _events(participant)],
        "audit": [_entry(each) for each in _audit(participant)],
    }


def _segments(participant: Participant) -> list[Segment]:
    found = Segment.objects.filter(participant=participant).select_related("participant")
    return list(found.prefetch_related("revisions").order_by("start_ms", "id"))


def _segment(segment: Segment) -> Data:
    return {
        **segment_wire(segment),
        "text": segment.text,
        "is_kept": segment.is_kept,
        "revisions": [_revision(each) for each in segment.revisions.all()],
    }


def _revision(revision: SegmentRevision) -> Data:
    return {"rev": revision.rev, "text": revision.text, "reason": revision.reason, "at": revision.at}


def _consent(record: ConsentRecord) -> Data:
    return {"granted": record.granted, "at": record.at, "is_declared_for_them": record.ingest_key_id is not None}


def _recordings(participant: Participant) -> list[Data]:
    """Of each session the finished recording, or how many samples lie in pieces. The host can give the sound itself."""
    found: list[Data] = []
    for session in participant.audio_sessions.order_by("created_at", "id"):
        pieces = session.recording_chunks.exclude(file="").values_list("start", "end")
        n_samples = sum(end - start for start, end in pieces)
        whole = Recording.objects.filter(audio_session=session).exclude(file="").first()
        if whole is not None or n_samples:
            found.append(
                {
                    "session_id": session.pk,
                    "recording_id": whole.pk if whole else None,
                    "n_samples": whole.n_samples if whole else n_samples,
                    "sha256": whole.sha256 if whole else "",
                }
            )
    return found


def _events(participant: Participant) -> list[MeetingEvent]:
    told = MeetingEvent.objects.filter(meeting=participant.meeting_id, payload__participant__id=str(participant.pk))
    return list(told.order_by("seq"))


def _event(event: MeetingEvent) -> Data:
    return {"seq": event.seq, "type": event.type, "at": event.at, "payload": event.payload}


def _audit(participant: Participant) -> list[AuditEvent]:
    who = f"participant:{participant.pk}"
    trail = AuditEvent.objects.filter(meeting_id=participant.meeting_id)
    return list((trail.filter(actor=who) | trail.filter(target=who)).order_by("number"))


def _entry(entry: AuditEvent) -> Data:
    return {
        "number": entry.number,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
    }
