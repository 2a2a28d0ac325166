"""Everything that ends or refuses a stream, with its place on the wire. Translated to a close frame once."""

from typing import ClassVar

from typing_extensions import TypedDict


class ProblemWire(TypedDict):
    """The `problem` of an `error` message, as in RFC 9457 and with the same types as over HTTP."""

    type: str
    code: str
    title: str
    detail: str


class StreamError(Exception):
    """Base of all. `detail` is one clear sentence for a person; it never holds speech, names or tokens."""

    code: ClassVar[str] = "unavailable"
    close_code: ClassVar[int] = 4500
    retryable: ClassVar[bool] = False
    title: ClassVar[str] = "The stream cannot go on."

    def __init__(self, detail: str = "") -> None:
        self.detail = detail or self.title
        super().__init__(self.detail)

    def as_problem(self) -> ProblemWire:
        return problem_wire(code=self.code, title=self.title, detail=self.detail)


def problem_wire(*, code: str, title: str, detail: str) -> ProblemWire:
    return {"type": f"/problems/{code}", "code": code, "title": title, "detail": detail}


class ProtocolError(StreamError):
    """The client broke the protocol. That is a bug in it, so it stops and reports."""

    code, close_code = "protocol_error", 4400
    title = "The client does not keep to the protocol."


class MalformedFrame(ProtocolError):
    code = "malformed_frame"
    title = "An audio frame is malformed."


class FrameTooLong(ProtocolError):
    """A frame that lasts longer than `limits.frame_ms` allows."""

    code = "frame_too_long"
    title = "An audio frame lasts too long."


class UnknownCodec(ProtocolError):
    code = "unknown_codec"
    title = "This codec is not accepted."


class WrongRate(ProtocolError):
    code = "wrong_rate"
    title = "Audio must be sent at 16,000 samples per second."


class UnexpectedText(ProtocolError):
    """A text frame that is no JSON object, for example audio or base64 in a text frame."""

    code = "unexpected_text"
    title = "Text frames carry JSON control messages only."


class BadMessage(ProtocolError):
    """A control message of a known type whose fields are not as documented."""

    code = "bad_message"
    title = "A control message is not as documented."


class UnexpectedMessage(ProtocolError):
    """A message at the wrong moment, for example audio before `hello`."""

    code = "unexpected_message"
    title = "A message came at the wrong moment."


class FrameTooLarge(StreamError):
    """Above `limits.max_frame_bytes`. A correct client cannot send one, so it should stop and report."""

    code, close_code = "frame_too_large", 4413
    title = "A message is larger than allowed."


class ConsentMissing(StreamError):
    code, close_code = "consent_missing", 4451
    title = "Audio is accepted only with consent."


class TicketRejected(StreamError):
    """Unknown, used or expired. The client fetches one new ticket."""

    code, close_code = "ticket_invalid", 4401
    title = "The ticket is unknown, used or expired."


class ForbiddenStream(StreamError):
    code, close_code = "forbidden", 4403
    title = "You are not allowed to do this."


class SupersededStream(StreamError):
    """A newer connection owns the audio session; this one must not disturb it."""

    code, close_code = "superseded", 4409
    title = "A newer connection has taken over this audio session."


class SlowConsumer(StreamError):
    """The reader fell too far behind. It resumes from its last `seq` and gets everything then."""

    code, close_code, retryable = "slow_consumer", 4508, True
    title = "The reader is too slow."


class CallSilent(StreamError):
    """A telephone service has sent no audio for a long time, not even silence."""

    code, close_code, retryable = "call_silent", 4504, True
    title = "Nothing was heard of the call any more."


class Overloaded(StreamError):
    code, close_code, retryable = "overloaded", 4503, True
    title = "This server has no room for another stream now."


class RateExceeded(StreamError):
    """More than `limits` allow within a time. After a pause the same client may come back."""

    code, close_code, retryable = "rate_exceeded", 4529, True
    title = "More was sent than the limits allow."


class Unavailable(StreamError):
    """A fault on our side."""

    code, close_code, retryable = "unavailable", 4500, True
    title = "The server cannot go on with this stream now."


class StoreRefused(Unavailable):
    """The database will not take what it was given, now or later: a defect of ours. Says nothing of the values."""

    code = "store_refused"
    title = "The database does not take what was said."


class ShelfUnavailable(Unavailable):
    """The storage of recordings is full, away or too slow: ask again."""

    code = "shelf_unavailable"
    title = "Recordings cannot be stored now."


class StoreUnavailable(Unavailable):
    """The database is locked, away or too slow. Nothing is known of the transaction: ask again, or read back."""

    code = "store_unavailable"
    title = "The database does not answer now."
