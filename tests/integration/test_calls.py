"""Telephone calls into a real node: each voice is transcribed under its caller's name, whatever the line does to it."""

import asyncio
import json
from pathlib import Path

import jiwer
import numpy as np
import pytest

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.calls import AnyScript, Encoding, TelerScript, TwilioScript, audio_messages, call, managed
from tests.integration.calls_made import addresses, arrived, ledger, normalize, said, service_of, transcript
from tests.sockets import Api, Message, peer, silence

MOST_CALLS = 5
MOST_POINTS_WRONG = 30.0  # the file itself has 21: some of what is said is not in its text


@pytest.fixture
def meeting(api: Api) -> Message:
    return api.meeting("A call")


@pytest.mark.speech
@pytest.mark.parametrize("script", [TelerScript(), TwilioScript()], ids=["teler", "twilio"])
async def test_a_recorded_call_is_transcribed_under_the_caller_s_name(
    api: Api, meeting: Message, token: str, shared_testdata: Path, script: AnyScript
) -> None:
    directory = shared_testdata / "phone"
    row = json.loads((directory / "manifest.jsonl").read_text().splitlines()[0])
    audio = np.concatenate([audio_read(directory / row["audio"]), silence(1.0)])
    url = addresses(api, meeting, token, display_name="Customer")[service_of(script)]
    async with call(url, script) as line:
        await line.start()
        await line.stream(audio, real_time_x=5)
        await line.hang_up()
    session = await ledger(api, meeting)
    assert abs(session["received"] - audio.size) <= 16 * script.chunk_ms
    assert session["gaps"] == []
    [participant] = transcript(api, meeting)["participants"]
    assert (participant["display_name"], participant["role"]) == ("Customer", "phone")
    points = 100 * jiwer.wer(normalize(row["text"]), said(api, meeting, "Customer"))
    assert points <= MOST_POINTS_WRONG


@pytest.mark.parametrize("encoding", ["audio/l16", "audio/x-mulaw"])
@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
@pytest.mark.parametrize("service", ["teler", "twilio"])
async def test_each_encoding_at_each_rate_is_understood(
    api: Api, meeting: Message, token: str, beckett: Float32, service: str, rate_hz: int, encoding: Encoding
) -> None:
    kind = TelerScript if service == "teler" else TwilioScript
    script = kind(encoding=encoding, rate_hz=rate_hz)
    async with call(addresses(api, meeting, token)[service], script) as line:
        await line.start()
        await line.stream(beckett)
        await line.hang_up()
    session = await ledger(api, meeting)
    assert session["received"] == beckett.size
    assert session["received"] == session["speech"] + session["nonspeech"]
    assert "ever tried ever failed" in said(api, meeting, "Phone")


async def test_what_the_line_has_lost_is_a_gap_as_long_as_what_is_missing(
    api: Api, meeting: Message, token: str, beckett: Float32
) -> None:
    async with call(addresses(api, meeting, token)["teler"], TelerScript()) as line:
        await line.start()
        await line.stream(beckett, without=(6, 7))
        await line.hang_up()
    session = await ledger(api, meeting)
    assert session["received"] == beckett.size
    assert session["gaps"] == [{"from": 48_000, "to": 64_000, "reason": "call_audio_missing", "repaired": False}]


async def test_messages_out_of_order_and_repeated_are_heard_once_and_in_order(
    api: Api, meeting: Message, token: str, beckett: Float32
) -> None:
    async with call(addresses(api, meeting, token)["twilio"], TwilioScript()) as line:
        await line.start()
        messages = audio_messages(line.script, beckett)
        for at in range(0, len(messages) - 1, 10):
            messages[at], messages[at + 1] = messages[at + 1], messages[at]
        for at, message in enumerate(messages):
            await line.say(message, *messages[max(0, at - 3) : at : 2])
            await asyncio.sleep(0.004)
        await line.hang_up()
    session = await ledger(api, meeting)
    assert (session["received"], session["gaps"]) == (beckett.size, [])
    assert "ever tried ever failed" in said(api, meeting, "Phone")


async def test_a_caller_who_hangs_up_in_mid_word_is_heard_up_to_there(
    api: Api, meeting: Message, token: str, beckett: Float32
) -> None:
    async with call(addresses(api, meeting, token)["twilio"], TwilioScript()) as line:
        await line.start()
        await line.stream(beckett[: 3 * 16_000])
        assert await line.hang_up() == 1000
    session = await ledger(api, meeting)
    assert session["received"] == 3 * 16_000
    assert "ever tried" in said(api, meeting, "Phone")
    events = api.get(f"meetings/{meeting['code']}/events").json()["data"]
    assert [each["event"]["type"] for each in events if each["type"] == "event"][-1] == "participant.left"


async def test_a_call_whose_socket_is_lost_goes_on_with_the_same_session_when_it_comes_back(
    api: Api, meeting: Message, token: str, beckett: Float32
) -> None:
    """In mid-sentence, and at the pace of the call: the new stream numbers from 1 again. What was lost is a gap."""
    url = addresses(api, meeting, token)["twilio"]
    script = TwilioScript()
    async with call(url, script) as line:
        await line.start()
        await line.stream(beckett[: 3 * 16_000], real_time_x=1)
        await arrived(api, meeting, n_samples=3 * 16_000)
        line.socket.transport.abort()
    await asyncio.sleep(1)
    again = TwilioScript(call_id=script.call_id)
    async with call(url, again) as line:
        await line.start()
        await line.stream(beckett[4 * 16_000 :], real_time_x=1)
        assert await line.hang_up() == 1000
    session = await ledger(api, meeting)
    reasons = {gap["reason"] for gap in session["gaps"]}
    assert reasons == {"call_interrupted"}
    lost = sum(gap["to"] - gap["from"] for gap in session["gaps"])
    assert session["received"] == beckett.size - 16_000 + lost
    assert session["received"] == session["speech"] + session["nonspeech"] + lost
    assert "ever tried" in said(api, meeting, "Phone")
    assert len(transcript(api, meeting)["participants"]) == 1


async def test_two_callers_by_one_key_are_two_participants(
    api: Api, meeting: Message, token: str, beckett: Float32
) -> None:
    urls = addresses(api, meeting, token)

    async def calls(url: str, script: AnyScript) -> None:
        async with call(url, script) as line:
            await line.start()
            await line.stream(beckett[: 4 * 16_000], real_time_x=3)
            await line.hang_up()

    async with asyncio.TaskGroup() as group:
        group.create_task(calls(urls["twilio"], TwilioScript(parameters={"caller": "+15550001111"})))
        group.create_task(calls(urls["teler"] + "?caller=2222", TelerScript()))
    names = {each["display_name"] for each in transcript(api, meeting)["participants"]}
    assert names == {"Phone …1111", "Phone …2222"}


async def test_a_meeting_that_is_ended_hangs_up_after_the_last_word_and_takes_no_call_any_more(
    api: Api, meeting: Message, token: str, beckett: Float32
) -> None:
    url = addresses(api, meeting, token)["teler"]
    async with call(url, TelerScript()) as line:
        await line.start()
        await line.stream(beckett[: 3 * 16_000])
        await arrived(api, meeting, n_samples=3 * 16_000)
        managed("POST", f"{api.url}/api/v1/meetings/{meeting['id']}/end", token=token)
        assert await line.closed() == 1000
    assert (await ledger(api, meeting))["received"] == 3 * 16_000
    assert "ever tried" in said(api, meeting, "Phone")
    async with call(url, TelerScript()) as late:
        assert await late.closed() == 4410


async def test_others_see_the_caller_s_words_in_their_captions(
    api: Api, meeting: Message, token: str, beckett: Float32
) -> None:
    """Also while they are being said; a machine that is busy leaves that out, so it may take several calls."""
    viewer, url = api.admit(meeting, "Vera", "viewer"), addresses(api, meeting, token, display_name="Ada")["twilio"]
    n_calls = 0
    async with peer(f"{viewer['ws_url']}?after_seq=0", viewer["ticket"]) as vera:
        while n_calls < MOST_CALLS and not any(each["seq"] is None for each in vera.of("segment")):
            async with call(url, TwilioScript()) as line:
                await line.start()
                await line.stream(beckett, real_time_x=3)
                await line.hang_up()
            await vera.until("event", lambda each: each["event"]["type"] == "participant.left")
            n_calls += 1
    finals = [each["segment"] for each in vera.finals()]
    assert {each["speaker"] for each in finals} == {"Ada"}
    kinds = [each["event"]["type"] for each in vera.of("event")]
    assert kinds == ["meeting.started", *["participant.joined", "participant.consented", "participant.left"] * n_calls]
    assert any(each["segment"]["state"] == "partial" for each in vera.of("segment"))
