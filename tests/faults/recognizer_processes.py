"""What happens to the recognizer processes of a real node: found, killed, suspended."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.nodes import NodeProcess

MODULE = "streaming.recognizers.worker"


def recognizers_of(node: NodeProcess) -> list[psutil.Process]:
    """Those that run now, the oldest first."""
    children = psutil.Process(node.process.pid).children()
    return sorted((child for child in children if _is_recognizer(child)), key=psutil.Process.create_time)


def _is_recognizer(process: psutil.Process) -> bool:
    try:
        return MODULE in process.cmdline()
    except psutil.Error:
        return False


@contextmanager
def all_suspended(node: NodeProcess) -> Iterator[None]:
    """Every recognizer stands still, as when a machine swaps or a container is frozen: alive, and answering nothing.

    Those that the node has given up meanwhile are gone afterwards; its new ones are not touched.
    """
    suspended = recognizers_of(node)
    for process in suspended:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in suspended:
            try:
                process.send_signal(signal.SIGCONT)
            except psutil.NoSuchProcess:
                pass
