"""People in real browsers hear each other while captions go on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.browser.conftest import Site
from tests.browser.listening import heard

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NewPage = Callable[[Path], Page]

PIECE = 8_000

# What goes to the loudspeaker, taken where it leaves our own code.
KEEP_PLAYED = """
window.played = [];
const Real = window.AudioWorkletNode;
window.AudioWorkletNode = class extends Real {
  constructor(context, name, options) {
    super(context, name, options);
    if (name !== "playout") return;
    const tap = context.createScriptProcessor(4096, 1, 1);
    tap.onaudioprocess = ({ inputBuffer }) => played.push(...inputBuffer.getChannelData(0));
    this.connect(tap);
    tap.connect(context.destination);
    this.tap = tap;
  }
};
"""


def played(page: Page) -> Float32:
    return np.array(page.evaluate("played.splice(0)"), np.float32)


def likeness(played_audio: Float32, said: Float32) -> float:
    """How much of what was played is found in what was said, 0 to 1: the median over its loud half seconds.

    Piece by piece, because browsers change the gain, and jitter buffers the pauses.
    """
    n = 1 << (said.size + PIECE).bit_length()
    spectrum = np.fft.rfft(said, n)
    power = np.concatenate([[0.0], np.cumsum(said.astype(np.float64) ** 2)])
    norms = np.sqrt(np.maximum(power[PIECE:] - power[:-PIECE], 1e-6))
    pieces = [played_audio[at : at + PIECE] for at in range(0, played_audio.size - PIECE, PIECE)]
    loudest = max(float(np.linalg.norm(piece)) for piece in pieces)
    found = []
    for piece in pieces:
        if np.linalg.norm(piece) > loudest / 4:
            product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, n)), n)[: norms.size]
            found.append(float(np.max(np.abs(product) / norms)) / float(np.linalg.norm(piece)))
    return float(np.median(found))


@pytest.fixture(scope="module")
def two_microphones(speech_samples: dict[str, Path]) -> dict[str, Path]:
    return {"ada": speech_samples["beckett"], "ben": speech_samples["two_cities"]}


def test_two_people_hear_each_other_and_not_themselves(
    site: Site, new_page: NewPage, two_microphones: dict[str, Path]
) -> None:
    said = {name: audio_read(path) for name, path in two_microphones.items()}
    ada, ben = new_page(two_microphones["ada"]), new_page(two_microphones["ben"])
    for page in (ada, ben):
        page.add_init_script(KEEP_PLAYED)
    address = site.meeting_make(ada, "Hearing")
    ben.goto(address)
    site.speak(ben, "Ben")
    site.speak(ada, "Ada")
    heard(ada, "Ada")
    by_ada, by_ben = played(ada), played(ben)
    assert likeness(by_ben, said["ada"]) > 0.6
    assert likeness(by_ada, said["ben"]) > 0.6
    assert likeness(by_ada, said["ada"]) < 0.4
    assert likeness(by_ben, said["ben"]) < 0.4


def test_a_person_who_sits_with_the_others_turns_the_sound_off_and_the_browser_remembers(
    site: Site, new_page: NewPage, two_microphones: dict[str, Path], silence: Path
) -> None:
    ben, ada = new_page(silence), new_page(two_microphones["ben"])
    ben.add_init_script(KEEP_PLAYED)
    address = site.meeting_make(ben, "One room")
    site.speak(ben, "Ben")
    button = ben.get_by_role("button", name="Hear others")
    expect(button).to_have_attribute("aria-pressed", "true")
    ada.goto(address)
    site.speak(ada, "Ada")
    ben.wait_for_function("played.some(sample => Math.abs(sample) > 0.01)")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    ben.wait_for_timeout(500)
    played(ben)
    ben.wait_for_timeout(1_000)
    assert not np.any(played(ben))
    ben.reload()
    site.wait_connected(ben)
    expect(ben.get_by_role("button", name="Hear others")).to_have_attribute("aria-pressed", "false")
    ben.get_by_role("button", name="Hear others").click()
    ben.wait_for_function("played.some(sample => Math.abs(sample) > 0.01)")
