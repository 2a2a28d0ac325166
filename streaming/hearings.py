"""A final on its way: heard once, and again in other ways where that is doubted and the recognizers have room.

So a final depends on what was said, and on whether there was room; one that is stored is never decoded again.
"""

import asyncio

from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis
from streaming.recognizers.rehearing import hearing_again
from streaming.scheduler import Scheduler

Hearing = asyncio.Future[Hypothesis]


class Hearings:
    """`first` tells whether a sentence ends here, and what to show; `surest` is what is kept.

    Both fail with RecognitionFailed, or are cancelled when the node stops. A second hearing that fails takes nothing
    from the first.
    """

    def __init__(self, scheduler: Scheduler, audio: Float32, options: DecodeOptions) -> None:
        self._scheduler, self._audio, self._options = scheduler, audio, options
        self._surest: Hearing | None = None
        self._again: Hearing | None = None
        self.first = scheduler.final(audio, options)

    def surest(self) -> Hearing:
        """Heard again as soon as this was asked for and `first` is known to be doubted."""
        if self._surest is None:
            self._surest = asyncio.get_running_loop().create_future()
            self._surest.add_done_callback(lambda done: done.cancelled() or done.exception())  # perhaps nobody waits
            self.first.add_done_callback(self._take_first)
        return self._surest

    def drop(self) -> None:
        """Nobody wants it any more."""
        for each in (self.first, self._again, self._surest):
            if each is not None:
                each.cancel()

    def _take_first(self, first: Hearing) -> None:
        assert self._surest is not None
        is_heard = not first.cancelled() and first.exception() is None
        if self._surest.done() or not is_heard or not first.result().is_doubted or not self._scheduler.may_hear_again:
            _pass_on(first, self._surest)
            return
        self._again = self._scheduler.final(self._audio, hearing_again(self._options, first.result()))
        self._again.add_done_callback(self._take_again)

    def _take_again(self, again: Hearing) -> None:
        assert self._surest is not None
        is_none_surer = not again.cancelled() and (again.exception() is not None or not again.result().text)
        _pass_on(self.first if is_none_surer else again, self._surest)


def _pass_on(done: Hearing, to: Hearing) -> None:
    if to.done():
        return
    if done.cancelled():
        to.cancel()
    elif (problem := done.exception()) is not None:
        to.set_exception(problem)
    else:
        to.set_result(done.result())


async def hearing_result(hearing: Hearing) -> Hypothesis | None:
    """None when it could not be recognized."""
    await asyncio.wait([hearing])
    if hearing.cancelled():  # the node is stopping: nothing is decided any more
        await asyncio.get_running_loop().create_future()
    return None if hearing.exception() is not None else hearing.result()
