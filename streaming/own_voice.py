"""What of a microphone's sound is its owner's voice is heard; what is another's is committed as a retracted line."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from streaming.audio.pcm import Float32
from streaming.bleed.gate import BleedGate
from streaming.bleed.pairs import Voices
from streaming.captions import SessionCaptions
from streaming.commits import Committer, Other, Speech
from streaming.foreign_speech import ForeignSpeech, ForeignVoices
from streaming.recognizers.base import DecodeOptions, Hypothesis
from streaming.scheduler import Scheduler
from streaming.vad import SpeechDetector


class OwnVoice:
    """Before the listener: a gate. Behind it: everything that is no utterance, for the committer, in order.

    Another's voice is decoded as well, so that a line that was taken for it by mistake can be put back; while the
    recognizers have more to do than little it is not, and only that it was heard is stored.
    """

    def __init__(
        self,
        *,
        settled: int,
        voices: Voices,
        detector: SpeechDetector,
        scheduler: Scheduler,
        captions: SessionCaptions,
        committer: Committer,
        options: Callable[[int], DecodeOptions],
    ) -> None:
        self._gate = BleedGate(settled, voices)
        self._foreign = ForeignVoices(detector)
        self._told = settled
        self._scheduler = scheduler
        self._captions = captions
        self._committer = committer
        self._options = options

    def feed(self, samples: Float32) -> None:
        self._gate.feed(samples)

    def heard(self, *, is_last: bool = False) -> list[Float32]:
        """What is decided, in order, with others' voices silenced; if nothing follows for now, all there is."""
        released = self._gate.release(is_last=is_last)
        for each in released:
            if each.foreign is not None:
                self._foreign.add(each.position, each.foreign)
        return [each.samples for each in released]

    def restart(self, position: int) -> None:
        """Go on behind a skip."""
        self._gate.restart(position)
        self._told = position

    def spoken(self, end: int) -> None:
        """An utterance up to there is on its way to the committer; what is silenced within it stays so."""
        self._foreign.forget(end)
        self._told = end

    def quiet(self, end: int, *, is_last: bool = False, is_break: bool = False) -> None:
        """Its owner says nothing up to there. `is_last`: an utterance, a skip or nothing follows."""
        for each in self._foreign.pass_over(end, is_last=is_last):
            self._commit_silence(each.start, is_break=is_break)
            self._commit_foreign(each, is_break=is_break)
        open_from = self._foreign.open_from
        self._commit_silence(end if open_from is None else open_from, is_break=is_break)

    def _commit_silence(self, end: int, *, is_break: bool) -> None:
        if end > self._told:
            self._committer.add(Other(end=end, kind="nonspeech", is_break=is_break))
            self._told = end

    def _commit_foreign(self, heard: ForeignSpeech, *, is_break: bool) -> None:
        options = replace(self._options(heard.start), want_words=True, speech_share=heard.speech_share)
        if not self._scheduler.is_brisk:
            hypothesis: asyncio.Future[Hypothesis] = asyncio.get_running_loop().create_future()
            hypothesis.set_result(Hypothesis(text="", confidence=0.0, language=options.language))
        else:
            hypothesis = self._scheduler.final(heard.audio, options)
        self._committer.add(
            Speech(
                start=heard.start,
                end=heard.end,
                caption=self._captions.unseen(heard.start),
                hypothesis=hypothesis,
                language=options.language,
                is_break=is_break,
                is_bleed=True,
            )
        )
        self._told = heard.end
