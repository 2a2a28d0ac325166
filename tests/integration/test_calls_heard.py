"""A caller and a page in one meeting hear each other, and neither hears oneself."""

import asyncio

import numpy as np
import pytest

from streaming.audio.resampler import Resampler
from streaming.recognizers.base import Float32
from tests.calls import AnyScript, TelerScript, TwilioScript, call, key_made
from tests.integration.test_listening import heard_in
from tests.sockets import Api, peer, silence

SECOND = 16_000
WINDOW = SECOND // 4


def share_heard(heard: Float32, said: Float32) -> float:
    """How much of `said`, in quarters of a second that are not silent, is in `heard` somewhere, undistorted."""
    windows = [said[start : start + WINDOW] for start in range(0, said.size - WINDOW, WINDOW)]
    loud = [window for window in windows if np.sqrt(np.mean(window**2)) > 0.01]
    if heard.size < 2 * WINDOW:
        return 0.0
    n = 1 << (heard.size + WINDOW).bit_length()
    spectrum = np.fft.rfft(heard, n)
    energy = np.concatenate([[0.0], np.cumsum(heard.astype(np.float64) ** 2)])
    norms = np.sqrt(energy[WINDOW:] - energy[:-WINDOW] + 1e-6)
    found = 0
    for window in loud:
        products = np.fft.irfft(spectrum * np.conj(np.fft.rfft(window, n)), n)[: norms.size]
        found += bool(np.max(products / norms) / np.linalg.norm(window) > 0.8)
    return found / len(loud)


def as_on_the_line(said: Float32, script: AnyScript) -> Float32:
    """Without what is too high for a telephone."""
    down, up = Resampler(SECOND, script.rate_hz), Resampler(script.rate_hz, SECOND)
    narrow = np.concatenate([down.process(said), down.flush()])
    return np.concatenate([up.process(narrow), up.flush()])


@pytest.mark.parametrize(
    "script",
    [TwilioScript(), TelerScript(), TelerScript(encoding="audio/x-mulaw", rate_hz=8_000)],
    ids=["twilio", "teler", "teler-mulaw"],
)
async def test_a_caller_and_a_page_hear_each_other_and_not_themselves(
    api: Api, token: str, beckett: Float32, script: AnyScript
) -> None:
    """That nothing of long chunks comes too late is for the mixer's own tests: a busy machine distorts voices here."""
    meeting = api.meeting("A call")
    url = key_made(api.url, meeting, token=token)["twilio" if isinstance(script, TwilioScript) else "teler"]["ws_url"]
    ben_in = api.admit(meeting, "Ben")
    by_ben, by_caller = beckett[: 4 * SECOND], beckett[4 * SECOND : 8 * SECOND]
    async with peer(ben_in["ws_url"], ben_in["ticket"]) as ben, call(url, script) as line:
        await ben.hello(listen=True)
        await asyncio.sleep(1)  # else the meeting's time begins with the call, and its first chunk counts as said later
        await line.start()
        await line.stream(silence(0.5), real_time_x=1.0)
        async with asyncio.TaskGroup() as group:
            group.create_task(line.stream(by_caller, real_time_x=1.0))
            group.create_task(ben.stream(by_ben, real_time_x=1.0))
            heard_by_caller = group.create_task(line.heard_in(8))
            heard_by_ben = group.create_task(heard_in(ben, 8))
        await ben.say(type="listen", on=False)
        await line.hang_up()
        await ben.end()
    assert share_heard(heard_by_caller.result(), by_ben) > 0.5
    assert share_heard(heard_by_caller.result(), by_caller) < 0.2
    assert share_heard(heard_by_ben.result(), as_on_the_line(by_caller, script)) > 0.5
    assert share_heard(heard_by_ben.result(), by_ben) < 0.2
