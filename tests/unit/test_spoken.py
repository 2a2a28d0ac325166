"""The language of an utterance is a function of where it begins and of what is stored, also in a replay."""

import asyncio
from typing import Any

import pytest

from meetings.errors import Invalid
from meetings.values import LanguageSpan, language_at
from streaming.clocks import SystemClock
from streaming.pipeline import SessionPipeline
from streaming.protocol.client_messages import Language
from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis
from streaming.room import Room
from streaming.scheduler import Scheduler
from streaming.session_items import End, Speak
from streaming.spoken import speak_item
from tests.unit.session_fakes import SECOND, SPEECH, InstantPool, Node, RecordingSink, frames
from tests.unit.test_rooms import RoomDatabase


class ListeningPool(InstantPool):
    """Remembers in which language audio of which length was decoded, and which words were expected."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []
        self.words: list[tuple[str, ...]] = []

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis:
        self.heard.append((audio.size, options.language))
        self.words.append(options.vocabulary)
        return await super().transcribe(audio, options, timeout_s=timeout_s)


async def streamed(node: Node, items: list[Any], *, words: tuple[str, ...] = ()) -> ListeningPool:
    """One whole connection."""
    pool = ListeningPool()
    scheduler = Scheduler(pool=pool, clock=SystemClock())
    scheduler.start()
    try:
        pipeline = SessionPipeline(opened=node.database.opened(), around=node.around(scheduler), sink=RecordingSink())
        pipeline.expect_words(words)
        for item in items:
            pipeline.put(item)
        await pipeline.run()
    finally:
        await scheduler.close()
    return pool


def languages_of(node: Node, pool: ListeningPool) -> list[str]:
    """Of the utterances, in their order; finals have the length of what was committed."""
    decoded = dict(pool.heard)
    return [decoded[end - start] for kind, start, end in node.database.spans if kind == "speech"]


@pytest.mark.parametrize(
    ("position", "language"), [(0, "en"), (9, "en"), (10, "de"), (19, "de"), (20, "fr"), (10**9, "fr")]
)
def test_a_language_holds_from_where_it_was_set_to_the_next(position: int, language: str) -> None:
    spans = [LanguageSpan(start=at, language=each) for at, each in ((0, "en"), (10, "de"), (20, "fr"))]
    assert language_at(spans, position) == language


async def test_a_change_holds_for_utterances_that_begin_after_it() -> None:
    """The utterance that is open keeps its language, although most of it comes later."""
    node, middle = Node(), 2 * SECOND
    items = [*frames(SPEECH[:middle]), Speak(language="de"), *frames(SPEECH, start=middle), End(position=0)]
    pool = await streamed(node, items)
    assert languages_of(node, pool) == ["en", "de", "de"]


async def test_a_client_that_is_behind_says_where_the_change_belongs() -> None:
    node = Node()
    items = [Speak(language="de", position=9 * SECOND), *frames(SPEECH), End(position=0)]
    assert languages_of(node, await streamed(node, items)) == ["en", "en", "de"]


async def test_a_replay_decodes_each_utterance_in_the_language_it_had() -> None:
    """The node dies after it stored the change and before it committed anything."""
    undisturbed, killed = Node(), Node()
    change = [*frames(SPEECH[: 4 * SECOND]), Speak(language="de"), *frames(SPEECH, start=4 * SECOND), End(position=0)]
    expected = languages_of(undisturbed, await streamed(undisturbed, change))
    killed.database.languages = undisturbed.database.languages
    killed.database.chosen = undisturbed.database.chosen
    assert languages_of(killed, await streamed(killed, [*frames(SPEECH), End(position=0)])) == expected
    assert expected == ["en", "de", "de"]


async def test_a_change_never_reaches_back_behind_what_was_received() -> None:
    node, middle = Node(), 4 * SECOND
    items = [*frames(SPEECH[:middle]), Speak(language="de", position=5), *frames(SPEECH, start=middle), End(position=0)]
    await streamed(node, items)
    assert node.database.languages[-1] == LanguageSpan(start=middle, language="de")


async def test_a_change_from_elsewhere_is_taken_up() -> None:
    database = RoomDatabase()
    node = Node(database=database)
    opened = database.opened()
    pool = ListeningPool()
    scheduler = Scheduler(pool=pool, clock=SystemClock())
    room = Room(opened.meeting_id, around=node.around(scheduler), store=database)
    scheduler.start()
    try:
        pipeline = room.attach(opened, sink=RecordingSink(), round_trip_s=0)
        node.database.chosen = "de"
        spoken = {"type": "participant.language", "participant_id": str(opened.participant_id), "language": "de"}
        room.heard(spoken)
        room.heard(spoken)  # one waiting item does for both
        for item in frames(SPEECH):
            pipeline.put(item)
        pipeline.put(End(position=0))
        room.heard({"type": "participant.joined", "participant": {"id": "other"}})
        while not room.is_empty:
            await asyncio.sleep(0)
    finally:
        await room.close()
        await scheduler.close()
    assert languages_of(node, pool) == ["de", "de", "de"]
    assert node.database.languages == (LanguageSpan(start=0, language="de"),)
    assert pool.words[-1] == ("Colloquy", "Ada")


async def test_the_words_in_force_reach_the_recognizer() -> None:
    pool = await streamed(Node(), [*frames(SPEECH), End(position=0)], words=("Kubernetes",))
    assert set(pool.words) == {("Kubernetes",)}


async def test_updates_of_a_dear_language_come_less_often() -> None:
    counts = {}
    for every_x in (1, 4):
        node = Node(update_every_x=every_x)
        await streamed(node, [*frames(SPEECH), End(position=0)])
        counts[every_x] = sum(message["type"] == "segment" for message in node.published)
    assert 0 < counts[4] < counts[1]


def test_an_unknown_language_is_refused_and_a_known_one_gets_its_one_spelling() -> None:
    knows = {"de-AT", "en"}.__contains__
    assert speak_item(Language(language="DE-at", position=7), knows=knows) == Speak(language="de-AT", position=7)
    assert speak_item(Language(language=""), knows=knows) == Speak(language="")
    for language, code in (("fr", "language_unsupported"), ("français", "invalid"), ("und", "invalid")):
        with pytest.raises(Invalid) as refusal:
            speak_item(Language(language=language), knows=knows)
        assert refusal.value.code == code
