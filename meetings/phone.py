"""Who calls, as far as it may be shown. Pure."""

import re
from dataclasses import dataclass
from uuid import UUID

from meetings.checks import display_name_checked
from meetings.errors import Invalid
from meetings.limits import DISPLAY_NAME_MAX_CHARS

SERVICES = ("teler", "twilio")
N_SHOWN_DIGITS = 4
NAMELESS = "Phone"
_NUMBER = re.compile(r"\+?[0-9 ().-]{4,24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCaller:
    """A call as its service announces it. `name` and `caller` may be empty, or anything that somebody typed."""

    service: str
    call_id: str
    name: str = ""
    caller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedCall:
    meeting_id: UUID
    participant_id: UUID
    session_id: UUID


def last_digits(number: str) -> str:
    """What may be shown of a telephone number. Empty where it is none: withheld, or the address of something else."""
    digits = re.sub(r"\D", "", number) if _NUMBER.fullmatch(number.strip()) else ""
    return digits[-N_SHOWN_DIGITS:]


def caller_name(*, of_key: str, of_service: str, number: str) -> str:
    """The key's name, else the one that the service gives, else the end of the number."""
    if of_key:
        return of_key
    try:
        return display_name_checked(of_service[:DISPLAY_NAME_MAX_CHARS])
    except Invalid:
        digits = last_digits(number)
        return f"{NAMELESS} …{digits}" if digits else NAMELESS
