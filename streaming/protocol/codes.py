"""WebSocket close codes: what each is called and what a client does after it."""

from enum import StrEnum
from types import MappingProxyType


class CloseAction(StrEnum):
    STOP = "stop"
    """It is over, or a new attempt would meet the same fate: tell the person why."""
    RESUME = "resume"
    """Fetch a ticket and resume, with back-off."""
    NEW_TICKET = "new_ticket"
    """Fetch one new ticket, then resume; a second such close in a row stops."""
    NEW_SESSION = "new_session"
    """Begin a new audio session and tell the person."""


class CloseCode:
    """Names for the numbers."""

    ENDED = 1000
    GOING_AWAY = 1001
    NO_STATUS = 1005
    ABNORMAL = 1006
    INTERNAL_ERROR = 1011
    PROTOCOL_ERROR = 4400
    TICKET = 4401
    FORBIDDEN = 4403
    NOT_RESUMABLE = 4404
    SUPERSEDED = 4409
    MEETING_OVER = 4410
    FRAME_TOO_LARGE = 4413
    CONSENT_MISSING = 4451
    UNAVAILABLE = 4500
    OVERLOADED = 4503
    HEARTBEAT_LOST = 4504
    SLOW_CONSUMER = 4508
    RATE_EXCEEDED = 4529


CLOSE_ACTIONS = MappingProxyType(
    {
        CloseCode.ENDED: CloseAction.STOP,
        CloseCode.GOING_AWAY: CloseAction.RESUME,
        CloseCode.NO_STATUS: CloseAction.RESUME,
        CloseCode.ABNORMAL: CloseAction.RESUME,
        CloseCode.INTERNAL_ERROR: CloseAction.RESUME,
        CloseCode.PROTOCOL_ERROR: CloseAction.STOP,
        CloseCode.TICKET: CloseAction.NEW_TICKET,
        CloseCode.FORBIDDEN: CloseAction.STOP,
        CloseCode.NOT_RESUMABLE: CloseAction.NEW_SESSION,
        CloseCode.SUPERSEDED: CloseAction.STOP,
        CloseCode.MEETING_OVER: CloseAction.STOP,
        CloseCode.FRAME_TOO_LARGE: CloseAction.STOP,
        CloseCode.CONSENT_MISSING: CloseAction.STOP,
        CloseCode.UNAVAILABLE: CloseAction.RESUME,
        CloseCode.OVERLOADED: CloseAction.RESUME,
        CloseCode.HEARTBEAT_LOST: CloseAction.RESUME,
        CloseCode.SLOW_CONSUMER: CloseAction.RESUME,
        CloseCode.RATE_EXCEEDED: CloseAction.RESUME,
    }
)


def close_action(close_code: int) -> CloseAction:
    """Unknown codes below 4000 come from proxies and networks, so they pass; other unknown ones stop."""
    return CLOSE_ACTIONS.get(close_code, CloseAction.RESUME if close_code < 4000 else CloseAction.STOP)
