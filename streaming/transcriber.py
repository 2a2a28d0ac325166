"""What a session's samples become: heard, decoded, shown while they are spoken, handed to the committer in order."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from meetings.values import OpenedSession
from streaming.audio.pcm import Float32
from streaming.bleed.pairs import Voices
from streaming.captions import SessionCaptions
from streaming.commits import Committer, Other, Speech
from streaming.hearings import Hearing, Hearings, hearing_result
from streaming.listener import (
    Finding,
    Gap,
    Listener,
    Muted,
    NonSpeech,
    Pause,
    SpeechStarted,
    SpeechStopped,
    Utterance,
)
from streaming.own_voice import OwnVoice
from streaming.recent_speech import RecentSpeech, is_recent
from streaming.recognizers.base import DecodeOptions
from streaming.spoken import SpokenLanguages
from streaming.surroundings import Surroundings
from streaming.timeline import Skipped

WINDOWS_A_STEP = 16


@dataclass(slots=True)
class _Question:
    """A pause, and what is being heard up to it: the final, if nothing follows."""

    pause: Pause
    hearings: Hearings
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class _Closed:
    """The last utterance, until it is known what was said."""

    utterance: Utterance
    hypothesis: Hearing


class Transcriber:
    """Samples and skips in, captions and pieces for the committer out.

    As soon as a speaker pauses, the utterance up to there is decoded. If the pause ends the utterance, that is its
    final, which need not be waited for; and what it says decides how long a pause has to be to end it. `wake` is called
    when there is such an answer: the owner then calls `hear_out`.
    """

    def __init__(
        self,
        *,
        opened: OpenedSession,
        around: Surroundings,
        languages: SpokenLanguages,
        captions: SessionCaptions,
        committer: Committer,
        voices: Voices,
        wake: Callable[[], None],
    ) -> None:
        self.vocabulary = opened.vocabulary  # as it stands when a decode begins: a replay may hear of more names
        self._owner = opened.owner
        self._around = around
        self._languages = languages
        self._captions = captions
        self._committer = committer
        self._wake = wake
        self._listener = Listener(detector=around.detector(), settled=opened.settled)
        self._voice = OwnVoice(
            settled=opened.settled,
            voices=voices,
            detector=around.detector(),
            scheduler=around.scheduler,
            captions=captions,
            committer=committer,
            options=self._options,
        )
        self._question: _Question | None = None
        self._recent = RecentSpeech(opened.context)
        self._closed: _Closed | None = None
        self._is_break = False  # what follows will be no continuation of what is being closed

    @property
    def has_answer(self) -> bool:
        question = self._question
        return question is not None and not question.is_answered and question.hearings.first.done()

    def feed(self, samples: Float32) -> None:
        """Store the samples that follow; `hear_out` works on them."""
        self._voice.feed(samples)

    async def hear_out(self) -> None:
        """Work on all that is stored and known to be said here. Where it depends on a recognizer, wait for that."""
        self._let_in()
        while True:
            if self.has_answer or self._listener.is_waiting:
                await self._answer()
            elif not self._listener.is_idle:
                await self._take(self._listener.advance(WINDOWS_A_STEP))
                await asyncio.sleep(0)
            else:
                return

    async def flush(self) -> None:
        """Nothing follows for now: close what is open.

        Where nothing is, nothing changes, as nothing is stored either: clients say again after a resume what they said.
        """
        self._let_in(is_last=True)
        await self.hear_out()
        if self._listener.pending == self._listener.settled:
            self._voice.quiet(self._listener.settled, is_last=True)
            return
        self._is_break = True
        await self._take(self._listener.flush())
        while self._listener.is_waiting:
            await self._answer()
            await self._take(self._listener.flush())
        self._voice.quiet(self._listener.settled, is_last=True, is_break=True)
        self._is_break = False
        self._forget()

    def _let_in(self, *, is_last: bool = False) -> None:
        for samples in self._voice.heard(is_last=is_last):
            self._listener.feed(samples)

    def recall(self, position: int, samples: Float32) -> None:
        """Samples that are settled, and sent again for what follows to be understood by."""
        self._recent.recall(position, samples)

    async def skip(self, piece: Skipped) -> None:
        await self.flush()
        await self._take(self._listener.skip(start=piece.start, end=piece.end, kind=piece.kind, reason=piece.reason))
        self._voice.restart(piece.end)

    def ask_for_partial(self) -> None:
        """Have the open utterance decoded as far as it was heard, if what is shown of it is old enough.

        Not in a pause: there everything is decoded anyway.
        """
        utterance = self._listener.open_utterance()
        is_asking = self._question is not None and not self._question.is_answered
        if utterance is None or is_asking or not self._captions.is_due(utterance):
            return
        scheduler = self._around.scheduler
        plan = self._captions.plan(is_brisk=scheduler.is_brisk)
        options = replace(
            self._options(utterance.start),
            given=plan.given,
            draft=plan.draft,
            n_kept=plan.n_kept,
            stream=self._captions.open_id,
        )
        every_x = scheduler.partial_every_x * self._around.update_every_x(options.language)
        show = self._captions.shower(utterance, plan, every_x=every_x)
        audio = self._listener.copy(utterance.start + plan.start, utterance.end)
        scheduler.partial(self._owner, audio, options, on_result=show)

    def close(self) -> None:
        """Nobody will commit what is being decoded here: leave the recognizers to others."""
        if self._question is not None:
            self._question.hearings.drop()

    async def _take(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            match finding:
                case SpeechStarted(utterance_start=start, at=at):
                    self._captions.start(start, at=at)
                case SpeechStopped(at=at):
                    self._captions.stop(at=at)
                case Pause(is_silence=is_silence):
                    if is_silence or self._has_cheap_updates(finding.start):
                        await self._ask(finding)
                case Utterance(start=start, end=end):
                    self._voice.quiet(start, is_last=True)
                    self._voice.spoken(end)
                    await self._close(finding)
                case NonSpeech(end=end):
                    self._pass_over(end)
                    self._voice.quiet(end, is_break=self._is_break)
                case Muted(end=end):
                    self._forget()
                    self._committer.add(Other(end=end, kind="muted"))
                case Gap(end=end, reason=reason):
                    self._forget()
                    self._committer.add(Other(end=end, kind="gap", reason=reason))

    async def _ask(self, pause: Pause) -> None:
        await self._learn()
        if self._question is not None:
            self._question.hearings.drop()
        self._question = _Question(pause, await self._decode(pause))
        self._question.hearings.first.add_done_callback(lambda _: self._wake())

    def _has_cheap_updates(self, start: int) -> bool:
        """Whether looking at a long utterance costs little: a function of its language, as all that finals need."""
        return self._around.update_every_x(self._languages.at(start)) == 1

    async def _answer(self) -> None:
        question = self._question
        assert question is not None  # the listener waits for an answer to the last pause only
        finished = await self._learn()
        await self._take(self._listener.answer(question.pause, finished=finished))

    async def _learn(self) -> float:
        """Wait for what was heard up to the last pause; the next decode begins with it. How likely it is finished.

        So what is decoded does not depend on when the answer comes. An utterance that cannot be recognized ends there:
        what follows should not become a gap with it.
        """
        question = self._question
        if question is None or question.is_answered:
            return 0.0
        hypothesis = await hearing_result(question.hearings.first)
        question.is_answered = True
        if hypothesis is None:
            return 1.0
        if question.pause.is_silence and self._listener.is_quiet_since(question.pause.end):
            question.hearings.surest()  # the final, if nothing follows: begun before that is known
        self._captions.settle(hypothesis, question.pause)
        return hypothesis.finished

    async def _close(self, utterance: Utterance) -> None:
        self._around.scheduler.forget(self._owner)
        await self._learn()
        question, self._question = self._question, None
        if question is not None and (question.pause.start, question.pause.end) == (utterance.start, utterance.end):
            hearings = question.hearings
        else:
            if question is not None:
                question.hearings.drop()
            hearings = await self._decode(utterance)
        hypothesis = hearings.surest()
        self._closed = _Closed(utterance, hypothesis)
        caption = self._captions.close()
        caption.opens_sentence = self._recent.opens_sentence(utterance.start)
        self._committer.add(
            Speech(
                start=utterance.start,
                end=utterance.end,
                caption=caption,
                hypothesis=hypothesis,
                language=self._languages.at(utterance.start),
                is_break=self._is_break,
            )
        )

    async def _decode(self, heard: Pause | Utterance) -> Hearings:
        await self._remember_last()
        draft = self._captions.settled()
        options = replace(
            self._options(heard.start),
            want_words=True,
            draft=draft,
            n_kept=len(draft),
            speech_share=heard.speech_share,
        )
        before, context = self._recent.before(heard.start, language=options.language)
        audio = np.concatenate([before, heard.audio])
        return Hearings(self._around.scheduler, audio, replace(options, context=context))

    async def _remember_last(self) -> None:
        """Wait for what was said last: what is said next is understood by it, however late that is known."""
        closed, self._closed = self._closed, None
        if closed is None:
            return
        hypothesis, utterance = await hearing_result(closed.hypothesis), closed.utterance
        if hypothesis is None:
            self._recent.forget()
        else:
            language = self._languages.at(utterance.start)
            self._recent.add(utterance.audio, hypothesis, end=utterance.end, language=language)

    def _forget(self) -> None:
        """What follows is no continuation of what was said."""
        self._closed = None
        self._recent.forget()

    def _pass_over(self, end: int) -> None:
        """Nothing was said until there: a silent session keeps no audio."""
        if self._closed is not None and not is_recent(self._closed.utterance.end, end):
            self._closed = None
        self._recent.pass_over(end)

    def _options(self, start: int) -> DecodeOptions:
        return DecodeOptions(language=self._languages.at(start), vocabulary=self.vocabulary)
