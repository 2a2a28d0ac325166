"""Tell speech from everything else, in windows of 512 samples (32 ms)."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime

from streaming.audio.pcm import Float32

WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64  # Silero reads this much of the previous window before each window
OUTPUTS = ("speech_probs", "hn", "cn")
STATE_SHAPE = (1, 1, 128)
QUIET_DBFS = -70.0  # a muted or gated microphone; single windows within soft speech are quieter, hence the run
NO_STATE = np.zeros(STATE_SHAPE, dtype=np.float32)  # shared by all who have heard nothing yet: never written to
NO_CONTEXT = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)
QUIET_WINDOWS = 8  # a quarter of a second; gating each quiet window by itself cost soft voices 5 % of their speech


class SpeechDetector(Protocol):
    """Stateful: the probabilities of windows depend on the windows since the last `reset`, and on nothing else."""

    def reset(self) -> None: ...

    def probabilities(self, samples: Float32) -> Float32:
        """`samples` has shape (n * 512,), float32 at 16 kHz; gives shape (n,), each in [0, 1].

        Splitting the same samples over several calls gives the same probabilities.
        """
        ...


def bundled_model_path() -> Path:
    """The ONNX file inside faster-whisper, found without importing that package (which loads a whole engine).

    Raises FileNotFoundError.
    """
    spec = find_spec("faster_whisper")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the voice detector's model comes with the package faster-whisper")
    return Path(spec.submodule_search_locations[0]) / "assets" / "silero_vad_v6.onnx"


@lru_cache
def _session(model_path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(model_path), options, providers=["CPUExecutionProvider"])


class SileroDetector:
    """Silero VAD 6. The model is loaded once per process and used by one thread at a time; each stream has state.

    In a quiet room it is free: once QUIET_WINDOWS in a row are quieter than QUIET_DBFS, further ones count as 0 without
    a call and leave the state as it was, as if they had never happened. A reset counts as such a row. This depends on
    the windows since the reset only, never on how they were cut into calls.
    """

    def __init__(self, model_path: Path | None = None, *, quiet_dbfs: float = QUIET_DBFS) -> None:
        self._session = _session(model_path or bundled_model_path())
        self._quiet_power = 10 ** (quiet_dbfs / 10)
        self.n_windows_computed = 0
        self.reset()

    def reset(self) -> None:
        self._h: Float32 = NO_STATE
        self._c: Float32 = NO_STATE
        self._context: Float32 = NO_CONTEXT
        self._n_quiet = QUIET_WINDOWS

    def probabilities(self, samples: Float32) -> Float32:
        if len(samples) == 0:
            return np.zeros(0, dtype=np.float32)
        windows = samples.reshape(-1, WINDOW_SAMPLES)
        worth = [self._is_worth_a_call(window) for window in windows]
        if not any(worth):
            self._context = windows[-1, -CONTEXT_SAMPLES:].copy()
            return np.zeros(len(windows), dtype=np.float32)
        # Filled in place, and picked from only if it must be: with one window a call, numpy costs as much as the model.
        inputs = np.empty((len(windows), CONTEXT_SAMPLES + WINDOW_SAMPLES), dtype=np.float32)
        inputs[:, CONTEXT_SAMPLES:] = windows
        inputs[0, :CONTEXT_SAMPLES] = self._context
        inputs[1:, :CONTEXT_SAMPLES] = windows[:-1, -CONTEXT_SAMPLES:]
        self._context = inputs[-1, -CONTEXT_SAMPLES:].copy()
        if all(worth):
            return self._speech(inputs)
        probabilities = np.zeros(len(windows), dtype=np.float32)
        probabilities[worth] = self._speech(inputs[worth])
        return probabilities

    def _speech(self, inputs: Float32) -> Float32:
        self.n_windows_computed += len(inputs)
        speech, self._h, self._c = self._session.run(OUTPUTS, {"input": inputs, "h": self._h, "c": self._c})
        probabilities: Float32 = speech.reshape(-1)
        return probabilities

    def _is_worth_a_call(self, window: Float32) -> bool:
        is_quiet = float(window.dot(window)) / WINDOW_SAMPLES <= self._quiet_power
        self._n_quiet = self._n_quiet + 1 if is_quiet else 0
        return self._n_quiet <= QUIET_WINDOWS
