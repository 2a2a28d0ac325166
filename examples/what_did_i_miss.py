"""A bot that answers "what did I miss?" by voice, with what the others said in the last two minutes.

python -m examples.what_did_i_miss URL CODE TOKEN

It stops when somebody talks over it, and tells the rest only if it is asked again.
"""

import asyncio
import re
import sys
from collections.abc import Callable

from examples.missed import QUESTION, Missed
from streaming.client.events import BargeIn, Caption
from streaming.client.meeting import Meeting
from streaming.recognizers.base import Float32
from streaming.tasks import TaskScope

Voice = Callable[[str], tuple[Float32, int]]  # a text as samples, and their rate in Hz
NOTHING = "You missed nothing."


async def bot(url: str, code: str, token: str, *, voice: Voice, question: re.Pattern[str] = QUESTION) -> None:
    """Until the meeting ends. `voice` is called in a thread. Raises ClientError."""
    missed, scope = Missed(), TaskScope("bot")
    answering: asyncio.Task[None] | None = None
    async with Meeting.join(url, code, name="What did I miss?", role="agent", api_token=token) as me:
        try:
            async for event in me.events():
                match event:
                    case Caption(is_final=True, participant_id=who, text=text) if who != me.participant_id:
                        if question.search(text):
                            if answering is not None:
                                answering.cancel()
                            answering = scope.spawn(answer(me, missed, who, voice=voice), name="answer")
                        else:
                            missed.remember(event)
                    case BargeIn() if answering is not None:
                        answering.cancel()
        finally:
            await scope.close()


async def answer(me: Meeting, missed: Missed, asker_id: str, *, voice: Voice) -> None:
    """Turn by turn; the next one is made while the one before it is heard."""
    await me.clear()
    turns = missed.turns(asker_id)
    texts = [turn.text for turn in turns] or [NOTHING]
    said = [me.say(*(await made(voice, texts[0])))]
    for number, turn in enumerate(turns):
        if number + 1 < len(texts):
            said.append(me.say(*(await made(voice, texts[number + 1]))))
        if (await said[number]).state != "done":
            return
        missed.told(asker_id, turn)


async def made(voice: Voice, text: str) -> tuple[Float32, int]:
    return await asyncio.to_thread(voice, text)


if __name__ == "__main__":
    from examples.espeak_voice import espeak

    asyncio.run(bot(*sys.argv[1:4], voice=espeak))
