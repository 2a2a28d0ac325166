"""Log lines carry fields, and nothing of a request."""

import logging
import sys

import pytest

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


@pytest.mark.parametrize(
    ("status", "is_told"), [(400, False), (403, False), (404, False), (499, False), (500, True), (503, True)]
)
def test_a_refused_request_is_one_line_and_a_failed_one_tells_where(status: int, is_told: bool) -> None:
    try:
        raise PermissionError("not yours")
    except PermissionError:
        failed = record("Forbidden: %s", args=("/m/x/",), request="r", status_code=status, exc_info=sys.exc_info())
    lines = FieldFormatter().format(failed).splitlines()
    assert (lines[-1] == "PermissionError: not yours") == is_told
    assert (len(lines) > 1) == is_told


def test_what_is_no_request_keeps_its_traceback_whatever_its_fields() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        line = FieldFormatter().format(record("failed", status_code=403, exc_info=sys.exc_info()))
    assert "ValueError: why" in line


def test_a_traceback_follows_its_line() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        line = FieldFormatter().format(record("failed", exc_info=sys.exc_info()))
    assert "ValueError: why" in line.splitlines()[-1]
