"""An utterance that kills every process which decodes it costs itself, and nobody else, their words."""

import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from streaming.clocks import SystemClock
from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.process import RecognizerProcess
from streaming.scheduler import FAILURES_ALONE, RecognitionFailed, Scheduler
from streaming.speech_models.store import model_ensure
from tests.speech import assert_beckett, sound_read

pytestmark = pytest.mark.speech

POISON_SAMPLES = 16_001


class Poisoned(RecognizerProcess):
    """A real process that dies, as from a fault in a native library, while it decodes audio of one length."""

    n_deaths = 0

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float = 60.0) -> Hypothesis:
        if audio.size == POISON_SAMPLES and self.pid is not None:
            type(self).n_deaths += 1
            os.kill(self.pid, signal.SIGKILL)
        return await super().transcribe(audio, options, timeout_s=timeout_s)


async def test_a_poisoned_utterance_becomes_a_gap_while_the_others_are_transcribed(
    speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    model = model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache)
    beckett = sound_read(speech_samples["beckett"])
    pool = RecognizerPool(model, n_processes=2, launch=Poisoned)
    await pool.start()
    scheduler = Scheduler(pool=pool, clock=SystemClock())
    scheduler.start()
    try:
        poison = scheduler.final(np.zeros(POISON_SAMPLES, np.float32), DecodeOptions(language="en"))
        others = [scheduler.final(beckett, DecodeOptions(language="en")) for _ in range(4)]
        for each in others:
            assert_beckett(await each)
        with pytest.raises(RecognitionFailed, match="recognizer_crashed"):
            await asyncio.wait_for(poison, timeout=60)
    finally:
        await scheduler.close()
        await pool.close()
    assert Poisoned.n_deaths == 1 + FAILURES_ALONE
