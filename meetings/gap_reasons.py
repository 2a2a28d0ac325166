"""Why audio was lost: which losses recognizers are to blame for, and how each reason is told to people. Pure."""

# What was heard and not transcribed; a recording still holds it, so it is worth a second attempt.
REPAIRABLE_REASONS = frozenset({"recognizer_crashed", "recognizer_timeout", "recognizer_failed"})
