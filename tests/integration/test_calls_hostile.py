"""Whatever a telephone service says wrong is answered and survived; whoever means harm is closed."""

import json

import numpy as np
import pytest

from streaming.recognizers.base import Float32
from tests.calls import AnyScript, TelerScript, TwilioScript, audio_messages, call, key_made, managed
from tests.integration.calls_made import addresses, ledger, said, service_of, transcript
from tests.sockets import Api, Message


@pytest.fixture
def meeting(api: Api) -> Message:
    return api.meeting("A call")


@pytest.mark.parametrize("service", ["teler", "twilio"])
async def test_unknown_and_revoked_keys_are_closed_alike(api: Api, meeting: Message, token: str, service: str) -> None:
    key = key_made(api.url, meeting, token=token)
    managed("DELETE", f"{api.url}/api/v1/meetings/{meeting['id']}/ingest-keys/{key['id']}", token=token)
    told = []
    for secret in (key["key"], "clqi_made-up"):
        async with call(f"{api.url.replace('http', 'ws', 1)}/ws/v1/ingest/{service}/{secret}", TelerScript()) as line:
            assert await line.closed() == 4401
            told.append(line.received)
    assert told[0] == told[1]


GOOD_B64 = "AAAA"
MALFORMED: list[str | bytes] = [
    "",
    "nonsense",
    "[]",
    '"text"',
    "{}",
    '{"type": 5, "event": 5}',
    '{"type":"audio","event":"media"}',
    '{"type":"audio","event":"media","data":{"audio_b64":"***"},"media":{"payload":"***"}}',
    '{"type":"audio","event":"media","data":{"audio_b64":7},"media":{"payload":7}}',
    '{"type":"start","event":"start"}',
    '{"type":"start","event":"start","call_id":"c","stream_id":"s","data":{"encoding":"audio/opus"},'
    '"start":{"callSid":"c","streamSid":"s","mediaFormat":{"encoding":"audio/opus"}}}',
    json.dumps({"type": "audio", "event": "media", "stream_id": "of another", "streamSid": "of another",
                "data": {"audio_b64": GOOD_B64}, "media": {"payload": GOOD_B64}}),
    json.dumps({"type": "audio", "event": "media", "data": {"audio_b64": "A" * 400_000},
                "media": {"payload": "A" * 400_000}}),
    b"\x00\x01\x02",
]  # fmt: skip


@pytest.mark.parametrize("script", [TelerScript(), TwilioScript()], ids=["teler", "twilio"])
async def test_malformed_messages_are_answered_and_survived(
    api: Api, meeting: Message, token: str, beckett: Float32, script: AnyScript
) -> None:
    async with call(addresses(api, meeting, token)[service_of(script)], script) as line:
        for message in MALFORMED:
            await line.socket.send(message)
            answer = await line.told()
            assert answer.get("type", answer.get("event")) == "error"
            assert (answer["fatal"], set(answer["problem"])) == (False, {"type", "code", "title", "detail"})
        await line.start()
        for start in range(0, beckett.size, 32_000):
            await line.socket.send(MALFORMED[start // 32_000])
            await line.stream(beckett[start : start + 32_000])
        await line.say(*line.script.start()[-1:])
        assert (await line.told())["problem"]["code"]
        await line.hang_up()
    session = await ledger(api, meeting)
    assert session["speech"] > 0
    assert "ever tried ever failed" in said(api, meeting, "Phone")


async def test_audio_before_the_start_is_answered_and_not_taken(
    api: Api, meeting: Message, token: str, beckett: Float32
) -> None:
    async with call(addresses(api, meeting, token)["teler"], TelerScript()) as line:
        await line.say(*audio_messages(line.script, beckett[:16_000]))
        assert (await line.told())["problem"]["code"] == "unexpected_message"
    assert transcript(api, meeting)["participants"] == []


@pytest.mark.parametrize("text", ["{}", '{"type":"start"}', "x" * 300_000])
async def test_a_flood_of_malformed_messages_is_closed_and_harms_nobody(
    api: Api, meeting: Message, token: str, beckett: Float32, text: str
) -> None:
    url = addresses(api, meeting, token)["teler"]
    async with call(url, TelerScript()) as good:
        await good.start()
        await good.stream(beckett[:16_000])
        async with call(url, TelerScript()) as bad:
            await bad.start()
            for _ in range(300):
                try:
                    await bad.socket.send(text)
                except Exception:  # noqa: BLE001 - closed in the middle of it
                    break
            assert await bad.closed() == 4529
        await good.stream(beckett[16_000 : 4 * 16_000])
        await good.hang_up()
    assert (await ledger(api, meeting))["received"] == 4 * 16_000


async def test_more_audio_than_any_call_brings_is_closed(api: Api, meeting: Message, token: str) -> None:
    async with call(addresses(api, meeting, token)["teler"], TelerScript()) as line:
        await line.start()
        for message in audio_messages(line.script, np.full(16_000 * 120, 0.01, np.float32)):
            try:
                await line.say(message)
            except Exception:  # noqa: BLE001 - closed in the middle of it
                break
        assert await line.closed() == 4529


async def test_a_message_beyond_all_measure_is_closed(api: Api, meeting: Message, token: str) -> None:
    async with call(addresses(api, meeting, token)["twilio"], TwilioScript()) as line:
        await line.start()
        await line.socket.send("x" * 1_200_000)
        assert await line.closed() == 4413
