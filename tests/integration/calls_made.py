"""Calls into a meeting, and what became of them."""

import asyncio
from typing import Any

from whisper_normalizer.english import EnglishTextNormalizer

from tests.calls import AnyScript, TelerScript, key_made
from tests.sockets import WAIT_S, Api, Message

SHORTEST_CHUNK = 320  # of Twilio: 20 ms

normalize = EnglishTextNormalizer()


def addresses(api: Api, meeting: Message, token: str, **body: Any) -> dict[str, str]:
    key = key_made(api.url, meeting, token=token, **body)
    return {"teler": key["teler"]["ws_url"], "twilio": key["twilio"]["ws_url"]}


def service_of(script: AnyScript) -> str:
    return "teler" if isinstance(script, TelerScript) else "twilio"


def transcript(api: Api, meeting: Message) -> dict[str, Any]:
    return dict(api.get(f"meetings/{meeting['code']}/transcript.json").json())


def said(api: Api, meeting: Message, name: str) -> str:
    segments = transcript(api, meeting)["segments"]
    return str(normalize(" ".join(each["text"] for each in segments if each["speaker"] == name)))


async def arrived(api: Api, meeting: Message, *, n_samples: int) -> None:
    """Waits until the meeting's only call is known to have brought so much: what is in a socket can still be lost.

    Of what comes at another rate a few samples wait for those that follow, less than the shortest chunk has.
    """
    async with asyncio.timeout(WAIT_S):
        while await received(api, meeting) <= n_samples - SHORTEST_CHUNK:
            await asyncio.sleep(0.1)


async def received(api: Api, meeting: Message) -> int:
    answer = await asyncio.to_thread(api.get, f"meetings/{meeting['code']}/ledger")
    return sum(each["received"] for each in answer.json()["sessions"])


async def ledger(api: Api, meeting: Message) -> Message:
    """The account of the first session that has ended, once there is one."""
    async with asyncio.timeout(WAIT_S):
        while True:
            for session in api.get(f"meetings/{meeting['code']}/ledger").json()["sessions"]:
                if session["state"] == "ended":
                    return dict(session)
            await asyncio.sleep(0.1)
