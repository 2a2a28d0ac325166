"""What is told of a download while pip works."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from streaming.speech_models.download import _bytes_below


def test_progress_is_read_while_directories_come_and_go(tmp_path: Path) -> None:
    """pip unpacks in directories of its own and removes them."""
    (tmp_path / "kept").write_bytes(bytes(1_000))
    is_over = threading.Event()

    def unpack() -> None:
        while not is_over.is_set():
            place = tmp_path / "unpacked" / "deep"
            place.mkdir(parents=True)
            (place / "part").write_bytes(bytes(10))
            shutil.rmtree(tmp_path / "unpacked")

    with ThreadPoolExecutor() as executor:
        unpacking = executor.submit(unpack)
        try:
            found = {_bytes_below(tmp_path) for _ in range(3_000)}
        finally:
            is_over.set()
        unpacking.result()
    assert found <= {1_000, 1_010}
