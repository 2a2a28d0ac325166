"""Log lines: time, level, logger, a static message, then its fields (`extra=`) as key=value."""

import logging
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Django puts the whole request into `extra`; its path may hold a meeting's code.
_PRIVATE = frozenset({"request"})


class FieldFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")
        fields = [
            f"{key}={value}" for key, value in vars(record).items() if key not in _STANDARD and key not in _PRIVATE
        ]
        line = " ".join([at, record.levelname, record.name, _message(record), *fields])
        if record.exc_info is None or _is_refusal(record):
            return line
        return f"{line}\n{self.formatException(record.exc_info)}"


def _is_refusal(record: logging.LogRecord) -> bool:
    """A page that is not for everybody, a request that makes no sense: Django adds a traceback, as to faults."""
    return hasattr(record, "request") and getattr(record, "status_code", 500) < 500


def _message(record: logging.LogRecord) -> str:
    """What is about a request says what happened before its first colon, and where after it."""
    message = record.getMessage()
    return message.partition(":")[0] if hasattr(record, "request") else message
