"""What the server itself refuses, before the application hears of it, and what nobody may tell it."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.ports import free_port

WAIT_S = 60
END = b"Host: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a real server around a small application, which answers `hello` and the path it is told to be below."""
    port = free_port()
    program = [sys.executable, "-m", "tests.integration.node_under_test", str(port)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert [process.stdout.readline(), process.stdout.readline()] == [b"started\n", b"listening\n"]
        yield port
        process.kill()


def answered(port: int, request: bytes) -> tuple[bytes, bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as peer:
        peer.sendall(request)
        answer = b""
        while part := peer.recv(65_536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/v1/meetings\xff HTTP/1.1\r\n",
        b"GET /api/v1/meetings?q=\xff HTTP/1.1\r\n",
        b"G\xffT /api/v1/meetings HTTP/1.1\r\n",
        b"GET /api/v1/meetings HTTP/1.1\r\nX-Odd: \x00\r\n",
        b"GET /api/v1/meetings HTTP/1.1\r\nX-Odd: \x0b\r\n",
        b"GET /api/v1/meetings HTTP/1.1\r\nX Odd: 1\r\n",
        b"GET /api/v1/meetings HTTP/1.1\r\nContent-Length: -1\r\n",
        b"GET\r\n",
    ],
    ids=["path", "query", "method", "nul", "control", "header_name", "length", "nothing"],
)
def test_what_is_no_http_is_refused_as_a_problem(port: int, request_line: bytes) -> None:
    head, body = answered(port, request_line + END)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert (problem["code"], problem["status"], problem["type"]) == ("bad_request", 400, "/problems/bad_request")


@pytest.mark.parametrize("value", [b"/api", b"\xff", b"//evil.example"])
def test_nobody_says_below_which_path_we_are(port: int, value: bytes) -> None:
    """Stock Daphne believes whoever asks; a value that is not ASCII is a fault of its own."""
    head, body = answered(port, b"GET / HTTP/1.0\r\nDaphne-Root-Path: " + value + b"\r\n" + END)
    assert head.startswith(b"HTTP/1.0 200 ")
    assert body == b"hello"


def test_a_body_beyond_all_measure_is_refused_as_a_problem(port: int) -> None:
    head, body = answered(port, b"POST /api/v1/meetings HTTP/1.1\r\nContent-Length: 10485760\r\n" + END)
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "body_too_large"
