"""What somebody agrees to decides what happens: nothing, captions alone, or a transcript."""

import pytest

from streaming.recognizers.base import Float32
from tests.sockets import Api, peer, silence

pytestmark = pytest.mark.speech


async def test_captions_alone_are_shown_live_and_are_in_no_transcript(api: Api, beckett: Float32) -> None:
    meeting = api.meeting()
    speaker, reader = api.admit(meeting, "Ada"), api.admit(meeting, "Ben")
    async with peer(reader["ws_url"], reader["ticket"]) as ben, peer(speaker["ws_url"], speaker["ticket"]) as ada:
        await ben.hello(consent=False)
        await ada.hello(consent=False)
        await ada.say(type="consent", granted=["captions"])
        await ada.stream(beckett)
        ended = await ada.end()
        shown = await ben.until("segment", lambda message: message["seq"] is not None)
        await ben.end()
    assert ended["segments"] >= 1
    assert shown["segment"]["text"]
    read = api.get(f"meetings/{meeting['code']}/transcript.json").json()
    assert read["segments"] == []
    assert api.get(f"meetings/{meeting['code']}/segments").json()["data"] == []


async def test_who_takes_it_back_in_the_middle_of_a_sentence_has_said_what_was_said_by_then(
    api: Api, beckett: Float32
) -> None:
    """At once, and not when the resume window is over: nothing more can follow it."""
    meeting = api.meeting()
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.stream(beckett[:24_000])
        await ada.say(type="consent", granted=[])
        done = await ada.until("finalized")
        await ada.frame(beckett[24_000:25_600])
        assert await ada.closed() == 4451
    assert (done["cid"], done["position"]) == (None, 24_000)
    assert [each["segment"]["state"] for each in ada.finals()] == ["final"]
    [session] = api.get(f"meetings/{meeting['code']}/ledger").json()["sessions"]
    assert (session["received"], session["settled"], session["gap"]) == (24_000, 24_000, 0)


@pytest.mark.parametrize("granted", [[], ["transcript"], ["recording"], ["transcript", "recording"]])
async def test_without_captions_no_sample_is_accepted(api: Api, granted: list[str]) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello(consent=False)
        await ada.say(type="consent", granted=granted)
        await ada.frame(silence(0.1))
        assert await ada.closed() == 4451


async def test_whoever_agrees_to_nothing_may_be_there_muted_and_nothing_of_them_is_received(api: Api) -> None:
    meeting = api.meeting()
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello(consent=False, listen=True)
        await ada.say(type="mute", on=True)
        ada.position = 32_000
        await ada.frame(silence(0), is_muted=True)
        ended = await ada.end()
    assert (ended["muted"], ended["speech"], ended["nonspeech"], ended["gap"]) == (32_000, 0, 0, 0)


async def test_a_loss_is_not_told_of_somebody_who_agrees_to_nothing(api: Api) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello(consent=False)
        ada.position = 32_000
        await ada.frame(silence(0), is_discontinuity=True)
        assert await ada.closed() == 4451
