"""What `/metrics` shows of this process: counts and durations, never who or what.

A worker or a command counts as well, and shows it to nobody. Gauges are read from the node when they are asked for.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

LEDGER_VIOLATIONS = Counter(
    "colloquy_ledger_violations_total", "Accounts of audio sessions that did not balance.", registry=REGISTRY
)
STORE_RETRIES = Counter(
    "colloquy_store_retries_total", "Times that something had to wait for the database.", registry=REGISTRY
)
RECORDING_RETRIES = Counter(
    "colloquy_recording_retries_total", "Times that recorded audio could not be stored.", registry=REGISTRY
)
RECORDING_MISSED = Counter(
    "colloquy_recording_missed_total", "Stretches of audio that are missing from a recording.", registry=REGISTRY
)
FINAL_WAIT_S = Histogram(
    "colloquy_final_wait_seconds",
    "From the end of an utterance's audio being heard to its transcript being decoded.",
    buckets=(0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60),
    registry=REGISTRY,
)
RECOGNITION_FAILURES = Counter(
    "colloquy_recognition_failures_total", "Utterances that became gaps, by reason.", ["reason"], registry=REGISTRY
)
MIX_PLAYED_S = Counter("colloquy_mix_played_seconds_total", "Voices that listeners were given.", registry=REGISTRY)
MIX_CONCEALED_S = Counter(
    "colloquy_mix_concealed_seconds_total", "Of voices that had not come when they were due.", registry=REGISTRY
)
MIX_LATE_S = Counter(
    "colloquy_mix_late_seconds_total", "Of voices that came when nobody could hear them any more.", registry=REGISTRY
)
VOICE_FRAMES_DROPPED = Counter(
    "colloquy_voice_frames_dropped_total", "Frames of 20 ms that a slow listener was not sent.", registry=REGISTRY
)
SUSPECTS = Counter("colloquy_suspect_utterances_total", "Utterances whose recognizer died or hung.", registry=REGISTRY)

SESSIONS = Gauge("colloquy_sessions", "Audio sessions on this node.", registry=REGISTRY)
SOCKETS = Gauge("colloquy_sockets", "Open sockets of this node.", registry=REGISTRY)
FINALS_WAITING = Gauge("colloquy_finals_waiting", "Closed utterances that wait for a recognizer.", registry=REGISTRY)
PARTIALS_SHED = Gauge("colloquy_partials_shed", "Partials that a later one replaced, so far.", registry=REGISTRY)
LOAD_LEVEL = Gauge("colloquy_load_level", "0: partials at full pace or more; each level halves it.", registry=REGISTRY)
BUSY = Gauge("colloquy_recognizers_busy", "Share of the recognizers that finals take.", registry=REGISTRY)
JOINS_REFUSED = Gauge("colloquy_joins_refused", "Voices that were not let in for want of room.", registry=REGISTRY)
RECOGNIZERS_READY = Gauge("colloquy_recognizers_ready", "Recognizer processes that live.", registry=REGISTRY)
RECOGNIZER_RESTARTS = Gauge("colloquy_recognizer_restarts", "Recognizer processes replaced so far.", registry=REGISTRY)
RECOGNITION_OK = Gauge("colloquy_recognition_ok", "1 while known speech is understood.", registry=REGISTRY)
