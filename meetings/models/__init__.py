"""The data model: names here are the contract with `architecture.md`."""

from meetings.models.access import MeetingRole, Membership, Organisation, SignOnIdentity
from meetings.models.audio_session import AudioSession, Node, SessionLanguage
from meetings.models.audit import AuditHead
from meetings.models.consent import ConsentRecord
from meetings.models.correction import Correction, Replacement
from meetings.models.credentials import ApiToken, IdempotencyKey, Ticket
from meetings.models.export import Export
from meetings.models.levels import SessionLevels
from meetings.models.log import AuditEvent, MeetingEvent
from meetings.models.meeting import FormerCode, Meeting, Participant
from meetings.models.node_reading import NodeReading
from meetings.models.recording import Recording, RecordingChunk, RecordingSwitch
from meetings.models.repair import GapRepair
from meetings.models.retention import DeletionProof, LegalHold, Purge, RedactedRange
from meetings.models.search import SearchLine
from meetings.models.second_pass import SecondPass
from meetings.models.segment import Segment, SegmentRevision
from meetings.models.telephony import IngestKey, PhoneCall
from meetings.models.webhook import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookSubscription,
)

__all__ = [
    "ApiToken",
    "AudioSession",
    "AuditEvent",
    "AuditHead",
    "ConsentRecord",
    "Correction",
    "DeletionProof",
    "Export",
    "FormerCode",
    "GapRepair",
    "IdempotencyKey",
    "IngestKey",
    "LegalHold",
    "Meeting",
    "MeetingEvent",
    "MeetingRole",
    "Membership",
    "Node",
    "NodeReading",
    "Organisation",
    "Participant",
    "PhoneCall",
    "Purge",
    "Recording",
    "RecordingChunk",
    "RecordingSwitch",
    "RedactedRange",
    "Replacement",
    "SearchLine",
    "SecondPass",
    "Segment",
    "SegmentRevision",
    "SessionLanguage",
    "SessionLevels",
    "SignOnIdentity",
    "Ticket",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookSubscription",
]
