"""The data model: names here are the contract with `architecture.md`."""

from meetings.models.audio_session import AudioSession, Node, SessionLanguage
from meetings.models.consent import ConsentRecord
from meetings.models.credentials import ApiToken, IdempotencyKey, Ticket
from meetings.models.levels import SessionLevels
from meetings.models.log import AuditEvent, MeetingEvent
from meetings.models.meeting import Meeting, Participant
from meetings.models.recording import Recording, RecordingChunk, RecordingSwitch
from meetings.models.repair import GapRepair
from meetings.models.second_pass import SecondPass
from meetings.models.segment import Segment, SegmentRevision
from meetings.models.telephony import IngestKey, PhoneCall

__all__ = [
    "ApiToken",
    "AudioSession",
    "AuditEvent",
    "ConsentRecord",
    "GapRepair",
    "IdempotencyKey",
    "IngestKey",
    "Meeting",
    "MeetingEvent",
    "Node",
    "Participant",
    "PhoneCall",
    "Recording",
    "RecordingChunk",
    "RecordingSwitch",
    "SecondPass",
    "Segment",
    "SegmentRevision",
    "SessionLanguage",
    "SessionLevels",
    "Ticket",
]
