"""What the stored half can refuse, and what each refusal means over HTTP and on a socket."""

from uuid import UUID


class MeetingsError(Exception):
    """Base of all refusals. `detail` is one clear sentence for a person; it never holds speech, names or tokens."""

    code: str = "meetings_error"
    status: int = 500
    close_code: int = 4500
    retryable: bool = False
    retry_after_s: int = 2  # when retryable
    title: str = "The request could not be carried out."

    def __init__(self, detail: str = "", *, code: str = "") -> None:
        self.detail = detail or self.title
        self.code = code or self.code
        super().__init__(self.detail)


class TicketInvalid(MeetingsError):
    """Unknown, used or expired. The client fetches one new ticket."""

    code, status, close_code = "ticket_invalid", 401, 4401
    title = "The ticket is unknown, used or expired."


class KeyInvalid(MeetingsError):
    """An ingest key that is unknown, revoked or expired: which of these is nobody's business."""

    code, status, close_code = "key_invalid", 404, 4401
    title = "There is nothing at this address."


class Forbidden(MeetingsError):
    """The meeting is known to the caller, but this is not theirs to do."""

    code, status, close_code = "forbidden", 403, 4403
    title = "You are not allowed to do this."


class NotFound(MeetingsError):
    """It does not exist, or the caller may not learn that it does."""

    code, status, close_code = "not_found", 404, 4404
    title = "There is nothing at this address."


class LinkClosed(NotFound):
    """The code was the meeting's link once, or is it and joining by it is turned off: whoever has it was invited."""

    code = "link_closed"
    title = "This link does not open the meeting any more. Ask whoever invited you for the one that does."


class NotResumable(MeetingsError):
    """The audio session is unknown: the client begins a new one and tells the person."""

    code, status, close_code = "session_not_resumable", 404, 4404
    title = "This audio session cannot be resumed."


class MeetingOver(MeetingsError):
    """The meeting ended so long ago that kept audio is no longer accepted."""

    code, status, close_code = "meeting_over", 410, 4410
    title = "The meeting is over."


class Superseded(MeetingsError):
    """A newer connection owns the audio session: the caller stops and never skips ahead."""

    code, status, close_code = "superseded", 409, 4409
    title = "A newer connection has taken over this audio session."


class Full(MeetingsError):
    """This server has no room for another voice now; those inside keep what they have."""

    code, status, close_code, retryable = "overloaded", 503, 4503, True
    title = "This server has no room for another speaker at the moment."

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class Conflict(MeetingsError):
    """The request does not fit the present state; `code` says which state."""

    code, status, close_code = "conflict", 409, 4409
    title = "The request does not fit the present state."


class Invalid(MeetingsError):
    """A value that cannot be accepted."""

    code, status, close_code = "invalid", 422, 4400
    title = "A value is not acceptable."


class StaleRevision(MeetingsError):
    """Somebody else changed the line since the caller read it; nothing was changed now. `segment_id`: which line."""

    code, status, close_code = "revision_mismatch", 412, 4409
    title = "The line was changed by somebody else meanwhile."

    def __init__(self, segment_id: UUID) -> None:
        super().__init__()
        self.segment_id = segment_id
