"""Real speech in two microphones: one line for one voice, and both where two speak at once."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from streaming.audio.pcm import Float32
from streaming.client.audio_files import audio_read
from streaming.offline import recordings_transcribe
from streaming.recognizers.pool import RecognizerPool
from streaming.speech_models.store import model_ensure
from tests.speech import BECKETT
from tests.unit.voices import SECOND, leaked

WORD = re.compile(r"[\w']+")
pytestmark = pytest.mark.speech


@pytest.fixture
async def pool(speech_cache: Path) -> AsyncIterator[RecognizerPool]:
    pool = RecognizerPool(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache), n_processes=1)
    await pool.start()
    yield pool
    await pool.close()


async def heard(sounds: dict[str, Float32], pool: RecognizerPool) -> dict[str, list[str]]:
    transcription = await recordings_transcribe(sounds, pool=pool, language="en")
    assert transcription.lost == []
    lines = {name: [line for line in transcription.lines if line.speaker == name] for name in sounds}
    return {name: WORD.findall(" ".join(line.text for line in each).lower()) for name, each in lines.items()}


@pytest.mark.parametrize("gain_db", [-6, -15])
async def test_one_voice_in_two_microphones_is_said_once(
    gain_db: int, speech_samples: dict[str, Path], pool: RecognizerPool
) -> None:
    voice = audio_read(speech_samples["two_cities"])
    alone = await heard({"Ada": voice}, pool)
    both = await heard({"Ada": voice, "Grace": leaked(voice, gain_db=gain_db)}, pool)
    assert both["Ada"] == alone["Ada"]
    assert len(both["Grace"]) <= 0.2 * len(alone["Ada"])  # what is said before the leak is found


async def test_who_speaks_while_another_voice_leaks_is_heard(
    speech_samples: dict[str, Path], pool: RecognizerPool
) -> None:
    ada, beckett = audio_read(speech_samples["two_cities"]), audio_read(speech_samples["beckett"])
    grace = np.zeros_like(ada)
    grace[20 * SECOND : 20 * SECOND + beckett.size] = beckett
    both = await heard({"Ada": ada + leaked(grace, gain_db=-12), "Grace": grace + leaked(ada, gain_db=-12)}, pool)
    text = " ".join(both["Grace"])
    assert [word for word in BECKETT if word not in text] == []
