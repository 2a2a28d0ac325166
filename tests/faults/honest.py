"""Somebody who speaks in the same meeting while another participant misbehaves, and must not notice it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from whisper_normalizer.english import EnglishTextNormalizer

from streaming.client.audio_files import audio_read
from tests.sockets import WAIT_S, Api, Message, Peer, peer

FIRST_SAMPLES = 16_000
ALL_SAMPLES = 4 * 16_000
FIRST_WORDS = "ever tried"

normalize = EnglishTextNormalizer()


@asynccontextmanager
async def honest_speaker(
    api: Api, meeting: Message, speech_samples: dict[str, Path], **want: Any
) -> AsyncIterator[None]:
    """Speaks before and after what happens within; gets the words as captions, and every sample accounted for."""
    audio = audio_read(speech_samples["beckett"])[:ALL_SAMPLES]
    admission = api.admit(meeting, "Ada")
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello(**want)
        reading = asyncio.ensure_future(read_to_the_end(ada))
        try:
            await ada.stream(audio[:FIRST_SAMPLES], real_time_x=8)
            yield
            await ada.stream(audio[FIRST_SAMPLES:], real_time_x=8)
            await ada.say(type="end", position=ada.position)
            async with asyncio.timeout(WAIT_S):
                await reading
        finally:
            reading.cancel()
            await asyncio.wait([reading])
    (ended,) = ada.of("ended")
    assert (ended["received"], ended["gap"]) == (ALL_SAMPLES, 0)
    assert ended["received"] == ended["speech"] + ended["nonspeech"]
    said = [each["segment"] for each in ada.finals() if each["segment"]["speaker"] == "Ada"]
    assert FIRST_WORDS in normalize(" ".join(each["text"] for each in said))


async def read_to_the_end(one: Peer) -> None:
    """All the time: a client that takes nothing does not answer pings either."""
    async for text in one.socket:
        one.received.append(json.loads(text))
