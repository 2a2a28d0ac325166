"""Ports for servers that tests start."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import Final

# Below what kernels give to outgoing connections: between here and the server's start, which takes seconds, and while
# a test has its server away, nobody but another test could take the port.
FROM, TO = 15_000, 32_000
ATTEMPTS = 1_000
DRAWN: Final = random.Random(os.urandom(16))
HELD: Final[list[int]] = []


def free_port() -> int:
    """A port of the loopback interface that is free, and this process's as long as it lives: of all tests on this
    machine, also of other runs, nobody else is given it.
    """
    for _ in range(ATTEMPTS):
        port = DRAWN.randrange(FROM, TO)
        if _is_free(port) and _is_ours(port):
            return port
    raise AssertionError(f"no port from {FROM} to {TO} is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_ours(port: int) -> bool:
    """The lock goes with this process. Servers that tests start do not inherit it."""
    directory = Path(tempfile.gettempdir()) / f"colloquy-test-ports-{os.getuid()}"
    directory.mkdir(exist_ok=True)
    file = os.open(directory / str(port), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    HELD.append(file)
    return True
