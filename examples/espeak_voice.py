"""A voice that needs no network: eSpeak NG, which comes with the package espeakng-loader (the extra `voice`)."""

import ctypes
import threading
from functools import cache

import espeakng_loader
import numpy as np

from streaming.recognizers.base import Float32

AUDIO_OUTPUT_SYNCHRONOUS = 2
CHARS_UTF8 = 1
POSITION_CHARACTER = 1

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_lock = threading.Lock()  # the library has one voice, and state of its own


def espeak(text: str) -> tuple[Float32, int]:
    """What it sounds like, in [-1, 1), and its sample rate. Takes a while: call it in a thread."""
    with _lock:
        library, rate_hz = _library()
        pieces: list[Float32] = []

        @_Callback
        def take(samples: "ctypes._Pointer[ctypes.c_short]", n_samples: int, _events: int | None) -> int:
            if n_samples > 0:
                taken = np.ctypeslib.as_array(samples, shape=(n_samples,))
                pieces.append(taken.astype(np.float32) / np.float32(32_768))
            return 0

        library.espeak_SetSynthCallback(take)
        encoded = text.encode() + b"\0"
        library.espeak_Synth(encoded, len(encoded), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None)
        library.espeak_Synchronize()
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32), rate_hz


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """Raises RuntimeError: it cannot be used here."""
    library = espeakng_loader.load_library()
    rate_hz = -1
    if library is not None:
        rate_hz = library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate_hz <= 0:
        raise RuntimeError("eSpeak NG cannot be used on this machine")
    library.espeak_SetVoiceByName(b"en")
    return library, rate_hz
