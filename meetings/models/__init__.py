"""The data model: names here are the contract with `architecture.md`."""

from meetings.models.audio_session import AudioSession, Node, SessionLanguage
from meetings.models.consent import ConsentRecord
from meetings.models.credentials import ApiToken, IdempotencyKey, Ticket
from meetings.models.levels import SessionLevels
from meetings.models.log import AuditEvent, MeetingEvent
from meetings.models.meeting import Meeting, Participant
from meetings.models.recording import Recording, RecordingChunk, RecordingSwitch
from meetings.models.repair import GapRepair
from meetings.models.retention import DeletionProof, LegalHold, Purge, RedactedRange
from meetings.models.segment import Segment, SegmentRevision
from meetings.models.telephony import IngestKey, PhoneCall

__all__ = [
    "ApiToken",
    "AudioSession",
    "AuditEvent",
    "ConsentRecord",
    "DeletionProof",
    "GapRepair",
    "IdempotencyKey",
    "IngestKey",
    "LegalHold",
    "Meeting",
    "MeetingEvent",
    "Node",
    "Participant",
    "PhoneCall",
    "Purge",
    "Recording",
    "RecordingChunk",
    "RecordingSwitch",
    "RedactedRange",
    "Segment",
    "SegmentRevision",
    "SessionLanguage",
    "SessionLevels",
    "Ticket",
]
