"""Log lines carry fields, and nothing of a request."""

import logging
import sys

from config.log_format import FieldFormatter


def record(message: str, **fields: object) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "streaming.rooms", "levelname": "INFO", "msg": message, **fields})


def test_fields_follow_the_message() -> None:
    line = FieldFormatter().format(record("session detached", session_id="s1", generation=3))
    assert line.endswith("INFO streaming.rooms session detached session_id=s1 generation=3")


def test_the_request_that_django_adds_is_left_out() -> None:
    path = "/m/the-code-of-a-meeting/"
    line = FieldFormatter().format(record("%s: %s", args=("Not Found", path), request=path, status_code=404))
    assert line.endswith("streaming.rooms Not Found status_code=404")


def test_a_traceback_follows_its_line() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        line = FieldFormatter().format(record("failed", exc_info=sys.exc_info()))
    assert "ValueError: why" in line.splitlines()[-1]
