"""A directory of prepared models. What has its final name in it was complete when it got it."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from streaming.recognizers.base import ModelCorrupt, RecognizerError
from streaming.speech_models.prepared import PreparedModel, manifest_write, prepared_verify
from streaming.speech_models.progress import Progress, ProgressCallback, progress_ignore

Filler = Callable[[Path], PreparedModel]


class ModelCache:
    """Entries are made in a directory beside their place and renamed; one process makes, the others wait for it."""

    def __init__(self, directory: Path, *, progress: ProgressCallback = progress_ignore) -> None:
        self._directory = directory
        self._progress = progress

    def entry(self, key: str, *, recipe: str, fill: Filler) -> PreparedModel:
        """The model kept under `key`, if it is whole and made by `recipe`; otherwise it is made by `fill`.

        `fill(work)` puts the files into `work/model`, and may use the rest of `work` as it likes. Raises what it
        raises, and OSError.
        """
        place = self._directory / key
        if place.exists():
            try:
                return prepared_verify(place, recipe=recipe)
            except ModelCorrupt:
                pass  # looked at again when the lock is ours: another process may be replacing it
        with self._lock(key):
            return self._make(key, place, recipe, fill)

    def download(self, file_name: str) -> Path:
        """Where a download is kept while it is incomplete, so that the next start continues it."""
        directory = self._directory / "downloads"
        directory.mkdir(parents=True, exist_ok=True)
        return directory / file_name

    def _make(self, key: str, place: Path, recipe: str, fill: Filler) -> PreparedModel:
        damage: ModelCorrupt | None = None
        if place.exists():
            try:
                return prepared_verify(place, recipe=recipe)
            except ModelCorrupt as problem:
                damage = problem
        try:
            with self._work(key) as work:
                model = fill(work)
                manifest_write(work / "model", model=model, recipe=recipe)
                shutil.rmtree(place, ignore_errors=True)
                (work / "model").rename(place)
        except RecognizerError as problem:
            if damage is not None:
                raise ModelCorrupt(f"{damage} It could not be replaced: {problem}") from problem
            raise
        return replace(model, path=place)

    @contextmanager
    def _work(self, key: str) -> Iterator[Path]:
        for left_over in self._directory.glob(f".{key}.*"):
            shutil.rmtree(left_over, ignore_errors=True)  # of a run that was killed: the lock is ours now
        with tempfile.TemporaryDirectory(dir=self._directory, prefix=f".{key}.", ignore_cleanup_errors=True) as name:
            (Path(name) / "model").mkdir(mode=0o755)
            yield Path(name)

    @contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        """Held by the kernel, so it ends with the process, however that ends."""
        self._directory.mkdir(parents=True, exist_ok=True)
        with (self._directory / f"{key}.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                text = "waiting for another process that prepares the speech model"
                self._progress(Progress(text=text, done=0, total=0, unit="step"))
                fcntl.flock(file, fcntl.LOCK_EX)
            yield
