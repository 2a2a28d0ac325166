"""The audio socket of a real server: a voice in, captions out, over lost connections and to the last word."""

import asyncio
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.nodes import REPEATABLE, node_environment, node_running
from tests.sockets import CONSENT, Api, Message, Peer, peer, silence

MOST_ATTEMPTS = 5

normalize = EnglishTextNormalizer()


@pytest.fixture
def repeatable_api(tmp_path: Path, speech_cache: Path) -> Iterator[Api]:
    """Of a node of its own, on which the same words are found in the same speech however busy it is."""
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, **REPEATABLE)
    with node_running(environment) as node:
        yield Api(node.url)


def words_of(messages: list[dict[str, Any]]) -> str:
    return str(normalize(" ".join(message["segment"]["text"] for message in messages)))


async def test_a_voice_becomes_captions_and_ended_accounts_for_every_sample(api: Api, beckett: Float32) -> None:
    meeting = api.meeting()
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        welcome = await ada.hello()
        assert (welcome["resumed"], welcome["settled"]) == (False, 0)
        assert welcome["limits"] == admission["limits"]
        await ada.stream(beckett)
        ended = await ada.end()
        assert await ada.closed() == 1000
    assert "ever tried ever failed" in words_of(ada.finals())
    assert ended["received"] == beckett.size
    assert ended["received"] == ended["speech"] + ended["nonspeech"] + ended["muted"] + ended["gap"]
    assert (ended["gap"], ended["segments"]) == (0, len(ada.finals()))
    assert ada.of("draining") == [{"type": "draining", "reason": "client"}]
    assert {each["state"] for each in ada.of("speech")} == {"start", "stop"}


async def revisions_shown(api: Api, audio: Float32) -> dict[str, list[dict[str, Any]]]:
    """What became of each segment, by its id, in a meeting of its own."""
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.stream(audio, real_time_x=1.5)
        await ada.end()
    by_id: dict[str, list[dict[str, Any]]] = {}
    for message in ada.of("segment"):
        by_id.setdefault(message["segment"]["id"], []).append(message["segment"])
    return by_id


async def test_partials_come_before_the_final_keep_the_id_and_their_stable_part(api: Api, beckett: Float32) -> None:
    """A machine that is busy leaves partials out: it may take several attempts to see more than one of a segment."""
    by_id: dict[str, list[dict[str, Any]]] = {}
    for _ in range(MOST_ATTEMPTS):
        by_id |= await revisions_shown(api, beckett)
        if any(len(each) > 2 for each in by_id.values()):
            break
    assert any(len(each) > 2 for each in by_id.values())
    for revisions in by_id.values():
        assert [each["rev"] for each in revisions] == sorted({each["rev"] for each in revisions})
        assert revisions[-1]["state"] in ("final", "retracted")
        partials = [each for each in revisions if each["state"] == "partial"]
        for before, after in pairwise(partials):
            assert after["text"].startswith(before["text"][: before["stable_chars"]])
            assert after["stable_chars"] >= before["stable_chars"]


async def test_what_was_sent_is_what_is_stored_and_seq_has_no_hole(api: Api, beckett: Float32) -> None:
    """State at page load + events received = state after reload: the feed, the log and the transcript agree."""
    meeting = api.meeting()
    admission = api.admit(meeting)
    viewer = api.admit(meeting, "Vera", "viewer")
    async with peer(f"{viewer['ws_url']}?after_seq=0", viewer["ticket"]) as vera:
        async with peer(admission["ws_url"], admission["ticket"]) as ada:
            await ada.hello()
            await ada.stream(beckett)
            ended = await ada.end()
        await vera.until("event", lambda each: each["seq"] == ended["last_seq"])
    assert vera.durable_seqs() == list(range(1, ended["last_seq"] + 1))
    log = api.get(f"meetings/{meeting['code']}/events", params={"after_seq": 0}).json()["data"]
    assert log == [each for each in vera.received if each["type"] in ("segment", "event") and each["seq"] is not None]
    transcript = api.get(f"meetings/{meeting['code']}/transcript.json").json()
    assert transcript["segments"] == [each["segment"] for each in vera.finals()]
    assert {each["speaker"] for each in transcript["segments"]} == {"Ada"}
    assert transcript["as_of_seq"] == ended["last_seq"]


async def test_a_feed_resumed_after_n_gets_exactly_what_followed(api: Api, beckett: Float32) -> None:
    meeting = api.meeting()
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.stream(beckett)
        ended = await ada.end()
    viewer = api.admit(meeting, "Vera", "viewer")
    async with peer(f"{viewer['ws_url']}?after_seq=2", viewer["ticket"]) as vera:
        live = await vera.until("live")
    assert vera.durable_seqs() == list(range(3, ended["last_seq"] + 1))
    assert live["seq"] == ended["last_seq"]
    assert [each["type"] for each in vera.received][-2:] == ["snapshot", "live"]


async def test_a_lost_connection_replays_from_settled_and_duplicates_nothing(
    repeatable_api: Api, beckett: Float32
) -> None:
    api, meeting = repeatable_api, repeatable_api.meeting()
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as first:
        await first.hello()
        await first.stream(beckett[: 5 * 16_000])
        ack = await first.until("ack")
        first.socket.transport.abort()
    assert ack["settled"] <= ack["received"]
    async with peer(admission["ws_url"], api.ticket(admission)) as second:
        resume = {"token": admission["resume_token"], "after_seq": 0}
        welcome = await second.hello(resume=resume, consent=False)
        assert welcome["resumed"] is True
        await second.stream(beckett[welcome["settled"] :])
        ended = await second.end()
        assert await second.closed() == 1000
    assert ended["received"] == beckett.size
    assert ended["gap"] == 0
    undisturbed = api.admit(api.meeting())
    async with peer(undisturbed["ws_url"], undisturbed["ticket"]) as third:
        await third.hello()
        await third.stream(beckett)
        await third.end()
    assert words_of(second.finals()) == words_of(third.finals())


async def test_the_newest_connection_wins_and_the_older_one_is_told(api: Api, beckett: Float32) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as old:
        await old.hello()
        await old.stream(beckett[: 2 * 16_000])
        async with peer(admission["ws_url"], api.ticket(admission)) as new:
            welcome = await new.hello(resume={"token": admission["resume_token"], "after_seq": 0}, consent=False)
            assert await old.closed() == 4409
            await new.stream(beckett[welcome["settled"] :])
            assert (await new.end())["received"] == beckett.size


async def test_resuming_an_ended_session_gets_its_account_again(api: Api, beckett: Float32) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.stream(beckett)
        first = await ada.end()
    async with peer(admission["ws_url"], api.ticket(admission)) as again:
        await again.hello(resume={"token": admission["resume_token"], "after_seq": first["last_seq"]}, consent=False)
        second = await again.until("ended")
        assert await again.closed() == 1000
    assert second == first


async def test_finalize_is_answered_after_the_final_also_when_nothing_was_pending(api: Api, beckett: Float32) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.stream(beckett[: 4 * 16_000])
        await ada.say(type="finalize", cid="7")
        answer = await ada.until("finalized")
        assert answer == {"type": "finalized", "cid": "7", "position": 4 * 16_000}
        assert len(ada.finals()) >= 1
        n_finals = len(ada.finals())
        await ada.say(type="finalize", cid="8")
        assert (await ada.until("finalized"))["cid"] == "8"
        assert len(ada.finals()) == n_finals


async def test_muted_stretches_are_counted_as_muted_and_unflagged_jumps_as_gaps(api: Api, beckett: Float32) -> None:
    meeting = api.meeting()
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.stream(beckett[:32_000])
        await ada.say(type="mute", on=True)
        ada.position += 48_000
        await ada.frame(beckett[:0], is_muted=True)
        await ada.say(type="mute", on=False)
        await ada.stream(beckett[:16_000])
        ada.position += 8_000
        await ada.frame(beckett[:0], is_discontinuity=True)
        ended = await ada.end()
    assert (ended["muted"], ended["gap"]) == (48_000, 8_000)
    assert ended["received"] == 32_000 + 48_000 + 16_000 + 8_000
    gaps = [each["event"] for each in ada.of("event") if each["event"]["type"] == "audio.gap"]
    assert [(each["from"], each["to"], each["reason"]) for each in gaps] == [(96_000, 104_000, "client_discontinuity")]


async def test_ping_is_answered(api: Api) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.say(type="ping", t=17)
        assert await ada.until("pong") == {"type": "pong", "t": 17}


async def test_when_the_host_ends_the_meeting_everybody_is_drained_to_the_last_word(
    api: Api, token: str, beckett: Float32
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    meeting = api.post("meetings", {"title": "Hosted"}, headers=headers).raise_for_status().json()
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.stream(beckett[: 4 * 16_000])
        api.post(f"meetings/{meeting['id']}/end", headers=headers).raise_for_status()
        assert (await ada.until("draining"))["reason"] == "meeting_ended"
        await ada.stream(beckett[4 * 16_000 :])
        ended = await ada.end()
        assert await ada.closed() == 1000
    assert ended["received"] == beckett.size
    assert "ever tried ever failed" in words_of(ada.finals())


async def test_unknown_messages_and_fields_are_ignored(api: Api, beckett: Float32) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.say(type="news from the future")
        await ada.socket.send(json.dumps({"type": "hello", "colour": "blue"}))
        await ada.until("welcome")
        await ada.say(**CONSENT)
        await ada.stream(beckett[:16_000])
        assert (await ada.end())["received"] == 16_000


async def test_two_voices_at_once_are_each_under_their_own_name(
    api: Api, beckett: Float32, speech_samples: dict[str, Path]
) -> None:
    meeting = api.meeting()
    cities = np.concatenate([audio_read(speech_samples["two_cities"])[: 12 * 16_000], silence(1.5)])

    async def speak(admission: Message, audio: Float32, *, other: str) -> Peer:
        async with peer(admission["ws_url"], admission["ticket"]) as one:
            await one.hello()
            await one.stream(audio, real_time_x=2)
            await one.until("segment", lambda each: each["segment"]["speaker"] == other)
            await one.end()
        return one

    ada_in, ben_in = api.admit(meeting, "Ada"), api.admit(meeting, "Ben")
    async with asyncio.TaskGroup() as group:
        ada = group.create_task(speak(ada_in, beckett, other="Ben"))
        ben = group.create_task(speak(ben_in, cities, other="Ada"))
    transcript = api.get(f"meetings/{meeting['code']}/transcript.json").json()["segments"]
    said = {
        name: str(normalize(" ".join(each["text"] for each in transcript if each["speaker"] == name)))
        for name in ("Ada", "Ben")
    }
    assert "ever tried ever failed" in said["Ada"]
    assert "it was the best of times" in said["Ben"]
    heard = {each["segment"]["speaker"] for each in ada.result().of("segment")}
    assert heard == {each["segment"]["speaker"] for each in ben.result().of("segment")} == {"Ada", "Ben"}
