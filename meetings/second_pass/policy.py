"""Whether a meeting is to be heard a second time, by its policy `second_pass`. Pure."""

from collections.abc import Mapping
from typing import Any

AUTO = "auto"


def is_policy(value: object) -> bool:
    return isinstance(value, bool) or value == AUTO


def is_wanted(policies: Mapping[str, Any]) -> bool:
    """By itself, after the meeting. Without a policy, or with "auto": wherever there is a recording to hear."""
    return policies.get("second_pass", AUTO) is not False
