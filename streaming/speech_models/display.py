"""Progress bars on a terminal, and one line for each piece of work anywhere else."""

from types import TracebackType
from typing import Self, TextIO

from tqdm import tqdm

from streaming.speech_models.progress import Progress


class ProgressDisplay:
    """A ProgressCallback that writes to `stream`; a context manager, so that the last bar is closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm[None] | None = None
        self._text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, progress: Progress) -> None:
        if progress.text != self._text:
            self._close()
            self._text = progress.text
            self._open(progress)
        if self._bar is not None:
            self._bar.total = progress.total or None
            self._bar.update(progress.done - self._bar.n)

    def _open(self, progress: Progress) -> None:
        if self._stream.isatty():
            is_bytes = progress.unit == "B"
            self._bar = tqdm(
                desc=progress.text,
                total=progress.total or None,
                unit=progress.unit,
                unit_scale=is_bytes,
                unit_divisor=1000,
                file=self._stream,
            )
        else:
            size = f" ({progress.total / 1e6:.0f} MB)" if progress.total and progress.unit == "B" else ""
            self._stream.write(f"{progress.text}{size}\n")
            self._stream.flush()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
