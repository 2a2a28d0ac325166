"""Work of Celery that needs both halves: stored rows, and the recognizers of the live one."""

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from meetings.second_pass.quiet import speech_is_going
from meetings.second_pass.work import Surroundings, second_passes_work
from streaming.second_ear import second_ear

TIME_LIMIT_S = 1_200  # the slice, and a stretch on a machine that is busy with other things
SLICE_S = 20.0  # the one worker of a small machine has other work too


@shared_task(time_limit=TIME_LIMIT_S)
def second_passes_hear() -> bool:
    """A slice of the second pass. While there is more the next one is asked for at once, behind whatever waits."""
    ends_s = time.monotonic() + SLICE_S

    def may_go_on() -> bool:
        # Nodes of several machines are elsewhere; on one machine live speech comes first.
        is_needed = not settings.REDIS_URL and speech_is_going(now=timezone.now())
        return time.monotonic() < ends_s and not is_needed

    has_more = second_passes_work(Surroundings(clock=timezone.now, open_ear=second_ear, may_go_on=may_go_on))
    if has_more and time.monotonic() >= ends_s:
        second_passes_hear.delay()
    return has_more
