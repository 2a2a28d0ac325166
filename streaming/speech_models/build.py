"""Turn the files of a model, as they were shipped, into a directory that can be loaded."""

import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final

from streaming.recognizers.base import ModelCorrupt
from streaming.speech_models.layouts import OPTIONAL_FILES, directory_layout, layout_names
from streaming.speech_models.progress import Progress, ProgressCallback

PROJECT_DIR: Final = Path(__file__).resolve().parents[2]
PREPARE_TIMEOUT_S: Final = 900.0


def model_build(source: Path, target: Path, *, progress: ProgressCallback) -> str:
    """Fill `target` from `source`, which is only read. Returns the engine. Raises ModelCorrupt."""
    layout = directory_layout(source)
    if layout is None:
        raise ModelCorrupt(f"{source} holds no speech model of a kind that is known here.")
    names = layout_names(layout, (path.name for path in source.iterdir()))
    if layout == "moonshine_shipped":
        _prepare(source, target, progress)
        names = ("tokenizer.bin", *OPTIONAL_FILES)
        layout = "moonshine"
    for name in names:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    return layout


def _prepare(source: Path, target: Path, progress: ProgressCallback) -> None:
    """In a process of its own: it takes a gigabyte that ours would keep."""
    command = [sys.executable, "-m", "streaming.speech_models.preparation", str(source), str(target)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603  our own words
            command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as child,
    ):
        alarm = threading.Timer(PREPARE_TIMEOUT_S, child.kill)
        alarm.start()
        try:
            for line in child.stdout or ():
                done, total = (int(number) for number in line.split())
                progress(Progress(text="preparing the speech model", done=done, total=total, unit="step"))
            status = child.wait()
        finally:
            alarm.cancel()
            child.kill()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    if status != 0:
        reason = said[-1][:300].rstrip(".") if said else f"it was ended by signal {-status}"
        raise ModelCorrupt(f"The speech model could not be prepared: {reason}.")
