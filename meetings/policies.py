"""What a meeting's policies may say of what is kept of it. Pure."""

from collections.abc import Mapping
from typing import Any

from meetings.errors import Invalid

EPHEMERAL = "ephemeral"  # captions while it goes on, nothing afterwards
TRANSCRIPT = "transcript"  # the words
TRANSCRIPT_AND_AUDIO = "transcript_and_audio"  # and the sound of those who agree to it
MODES = (EPHEMERAL, TRANSCRIPT, TRANSCRIPT_AND_AUDIO)
MOST_DAYS = 36_500


def mode_of(policies: Mapping[str, Any]) -> str:
    """Where it is not said, by whether the meeting is recorded: another default must not delete what there is."""
    if (mode := policies.get("mode")) is not None:
        return str(mode)
    return TRANSCRIPT_AND_AUDIO if policies.get("recording") is True else TRANSCRIPT


def policies_known(policies: dict[str, Any]) -> dict[str, Any]:
    """The same policies, `mode` and `recording` saying the same. Raises Invalid.

    `retention_days` is one number, or an object with `text` and `audio`. Days are whole numbers from zero on; null
    means that it is kept until somebody deletes it, whatever the default is.
    """
    mode, recording = policies.get("mode"), policies.get("recording", False)
    if not isinstance(recording, bool):
        raise Invalid("The policy recording is true or false.")
    if mode is not None and mode not in MODES:
        raise Invalid("The policy mode is one of: " + ", ".join(MODES) + ".")
    if mode is not None and "recording" in policies and recording != (mode == TRANSCRIPT_AND_AUDIO):
        raise Invalid("The policies mode and recording contradict each other.")
    if not isinstance(policies.get("purge_names", False), bool):
        raise Invalid("The policy purge_names is true or false.")
    _days_check(policies.get("retention_days", {}))
    return policies if mode is None else {**policies, "recording": mode == TRANSCRIPT_AND_AUDIO}


def _days_check(days: object) -> None:
    if isinstance(days, dict) and not days.keys() <= {"text", "audio"}:
        raise Invalid("The policy retention_days is a number, or an object with text, audio, or both.")
    for each in days.values() if isinstance(days, dict) else (days,):
        if each is not None and (isinstance(each, bool) or not isinstance(each, int) or not 0 <= each <= MOST_DAYS):
            raise Invalid(f"Days of retention are whole numbers from 0 to {MOST_DAYS}, or null.")
