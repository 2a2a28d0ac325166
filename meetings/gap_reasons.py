"""Why audio was lost: which losses recognizers are to blame for, and how each loss is told to people. Pure."""

from meetings.limits import SAMPLE_RATE_HZ

# What was heard and not transcribed; a recording still holds it, so it is worth a second attempt.
REPAIRABLE_REASONS = frozenset({"recognizer_crashed", "recognizer_timeout", "recognizer_failed"})

_WORDS = {
    "client_discontinuity": "not captured",
    "device_lost": "device disconnected",
    "page_reloaded": "page reloaded",
    "suspended": "computer or browser asleep",
    "store_full": "too much was waiting to be sent",
    "call_audio_missing": "missing on the telephone line",
    "call_interrupted": "telephone call interrupted",
    "unexplained": "not received",
    "not_sent": "not received",
    "not_delivered": "not received",
    "recognizer_crashed": "could not be transcribed",
    "recognizer_timeout": "could not be transcribed",
    "recognizer_failed": "could not be transcribed",
    "language_unsupported": "language not supported",
    "model_missing": "speech model unavailable",
    "model_corrupt": "speech model unavailable",
    "commit_refused": "could not be stored",
}


def reason_words(reason: str) -> str:
    return _WORDS.get(reason, "unknown reason")


def seconds_words(n_samples: int) -> str:
    """A loss too short for one decimal is still a loss: it does not read 0.0."""
    return f"{max(0.1, n_samples / SAMPLE_RATE_HZ):.1f} s"


def gap_sentence(*, speaker: str | None, n_samples: int, reason: str) -> str:
    """`speaker` is None where nobody is to be named."""
    whose = "audio" if speaker is None else f"{speaker}'s audio"
    return f"[{seconds_words(n_samples)} of {whose} lost: {reason_words(reason)}]"
