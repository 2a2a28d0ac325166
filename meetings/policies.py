"""What a meeting's policies may say of what is kept of it. Pure."""

from collections.abc import Mapping
from typing import Any

from meetings.errors import Invalid

EPHEMERAL = "ephemeral"  # captions while it goes on, nothing afterwards
TRANSCRIPT = "transcript"  # the words
TRANSCRIPT_AND_AUDIO = "transcript_and_audio"  # and the sound of those who agree to it
MODES = (EPHEMERAL, TRANSCRIPT, TRANSCRIPT_AND_AUDIO)
MOST_DAYS = 36_500
KEEPING = ("mode", "retention_days", "purge_names")  # what an organisation may say for its meetings


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


def default_policies_known(policies: Mapping[str, Any]) -> dict[str, Any]:
    """What an organisation says where its meetings say nothing: of `KEEPING`, as meetings do. Raises Invalid."""
    if not policies.keys() <= set(KEEPING):
        raise Invalid("An organisation says of its meetings: " + ", ".join(KEEPING) + ".")
    known = policies_known({name: value for name, value in policies.items() if name != "mode" or value is not None})
    return {name: known[name] for name in KEEPING if name in known}


def mode_is_said(policies: Mapping[str, Any]) -> bool:
    return "mode" in policies or "recording" in policies


def policies_chosen(policies: Mapping[str, Any], taken: Mapping[str, Any]) -> dict[str, Any]:
    """What the meeting itself says: without the mode that it has from defaults."""
    has_own_mode = "mode" not in taken
    return {name: value for name, value in policies.items() if has_own_mode or name not in ("mode", "recording")}


def policies_with(chosen: Mapping[str, Any], taken: Mapping[str, Any]) -> dict[str, Any]:
    """The policies of a meeting that says `chosen` and has taken `taken` from defaults: its mode stands in them, so
    that all who ask for it see one place. Transcript is what holds where nothing stands.
    """
    mode = taken.get("mode", TRANSCRIPT)
    if mode_is_said(chosen) or mode == TRANSCRIPT:
        return dict(chosen)
    return policies_known({**chosen, "mode": mode})


def _days_check(days: object) -> None:
    if isinstance(days, dict) and not days.keys() <= {"text", "audio"}:
        raise Invalid("The policy retention_days is a number, or an object with text, audio, or both.")
    for each in days.values() if isinstance(days, dict) else (days,):
        if each is not None and (isinstance(each, bool) or not isinstance(each, int) or not 0 <= each <= MOST_DAYS):
            raise Invalid(f"Days of retention are whole numbers from 0 to {MOST_DAYS}, or null.")
