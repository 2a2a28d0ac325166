"""People in real browsers hear each other while captions go on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.browser.conftest import Site
from tests.browser.faults import until
from tests.browser.listening import heard
from tests.likeness import likeness

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NewPage = Callable[[Path], Page]

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


def falls_silent(page: Page) -> bool:
    """Before the recording ends: what was on its way to the loudspeaker may still be heard."""
    for _ in range(5):
        played(page)
        page.wait_for_timeout(3_000)  # longer than any pause in it
        if not np.any(played(page)):
            return True
    return False


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
    assert likeness(by_ada, said["ada"]) < 0.45
    assert likeness(by_ben, said["ben"]) < 0.45


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
    until(ben, "played.some(sample => Math.abs(sample) > 0.01)")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert falls_silent(ben)
    ben.reload()
    site.wait_connected(ben)
    expect(ben.get_by_role("button", name="Hear others")).to_have_attribute("aria-pressed", "false")
    ben.get_by_role("button", name="Hear others").click()
    until(ben, "played.some(sample => Math.abs(sample) > 0.01)")
