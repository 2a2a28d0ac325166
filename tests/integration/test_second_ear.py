"""A recorded meeting is heard again by a real recognizer, in a process of its own that ends with the work."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from config.tasks import second_passes_hear
from meetings.models import AudioSession, GapRepair, Meeting, Node, SecondPass, Segment, SegmentRevision
from meetings.recordings.flac import Int16
from meetings.second_pass.hearing import HearingFailed
from streaming import second_ear as second_ear_module
from streaming.client.audio_files import audio_read
from streaming.recognizers.process import RecognizerProcess
from streaming.second_ear import NICENESS, SecondEar, second_ear, second_pass_models
from tests.integration.heard_again import over
from tests.integration.made import gap, host_made, silence, speech
from tests.integration.recorded import Speaking, meeting_recorded, speaking
from tests.nodes import ROOT

pytestmark = [
    pytest.mark.speech,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("storage", "speech_cache"),
]


OF_OTHERS: list[int] = []


@pytest.fixture(autouse=True)
def _in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that runs other tests as well, what stands behind them would take minutes."""
    monkeypatch.setattr(second_ear_module, "NICENESS", 0)


@pytest.fixture
def beckett_int16(speech_samples: dict[str, Path]) -> Int16:
    """Ten seconds: "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."."""
    return np.rint(audio_read(speech_samples["beckett"]) * 32_767).astype(np.int16)


def spoken(who: Speaking, samples: Int16, *, text: str = "never mind") -> None:
    """All of it recorded, as one line that was badly understood."""
    at = who.settled
    who.commit(speech(at, at + samples.size, text=text), recorded=[who.write(samples, start=at)])


@pytest.fixture
def ada(storage: object) -> Speaking:
    return speaking(meeting_recorded(actor=host_made()))


def ended(who: Speaking) -> None:
    meeting = Meeting.objects.get()
    from meetings.access import actor_for

    over(meeting, actor_for(meeting.host), who)


@pytest.fixture(autouse=True)
def _of_others() -> None:
    """Recognizers that other tests have left to the rest of their module."""
    OF_OTHERS[:] = [each.pid for each in _workers()]


def recognizers() -> list[psutil.Process]:
    return [each for each in _workers() if each.pid not in OF_OTHERS]


def _workers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [each for each in children if "streaming.recognizers.worker" in each.cmdline()]


def test_badly_understood_speech_is_put_right_with_the_times_of_its_words(ada: Speaking, beckett_int16: Int16) -> None:
    spoken(ada, beckett_int16)
    ended(ada)
    Segment.objects.update(confidence=0.5)
    assert not second_passes_hear()
    segment = Segment.objects.get()
    assert "try again" in segment.text.lower()
    assert "fail better" in segment.text.lower()
    assert (segment.rev, segment.engine, segment.state) == (2, "moonshine-base-en", "final")
    starts = [word["s"] for word in segment.words]
    assert starts == sorted(starts)
    assert segment.words[-1]["e"] <= segment.end_ms
    assert SegmentRevision.objects.get().text == "never mind"
    assert recognizers() == [], "its process ends with the work"


def test_a_loss_is_made_good_by_ear(ada: Speaking, beckett_int16: Int16) -> None:
    n = beckett_int16.size
    ada.commit(gap(n, reason="recognizer_timeout"), silence(n + 16_000), recorded=[ada.write(beckett_int16, start=0)])
    ended(ada)
    second_passes_hear()
    assert GapRepair.objects.get().state == "done"
    assert "fail better" in Segment.objects.get().text.lower()


def test_it_waits_while_people_speak_on_this_machine(ada: Speaking, beckett_int16: Int16, settings: Settings) -> None:
    spoken(ada, beckett_int16, text="never mind")
    ended(ada)
    Segment.objects.update(confidence=0.5)
    Node.objects.create(name="node-1", seen_at="2100-01-01T00:00:00Z")
    ben = speaking(meeting_recorded())
    second_passes_hear()
    assert Segment.objects.get().text == "never mind"
    job = SecondPass.objects.get()
    assert (job.state, job.n_attempts) == ("waiting", 0)
    settings.REDIS_URL = "redis://elsewhere"  # nodes of several machines are not on this one
    second_passes_hear()
    assert "fail better" in Segment.objects.get().text.lower()
    assert AudioSession.objects.get(pk=ben.owner.session_id).state == "open"


def test_its_process_stands_behind_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_ear_module, "NICENESS", 3)
    with second_ear() as ear:
        ear.hear(np.zeros(16_000, np.int16), start=0, language="en", vocabulary=())
        (process,) = recognizers()
        assert process.nice() == psutil.Process().nice() + 3
    assert NICENESS > 3
    assert not process.is_running()


def test_a_recognizer_that_is_killed_is_replaced_for_the_next_stretch(beckett_int16: Int16) -> None:
    class Dying(RecognizerProcess):
        n_started = 0

        async def transcribe(self, *args: Any, **more: Any) -> Any:
            Dying.n_started += 1
            if Dying.n_started == 1:
                assert self.pid is not None
                os.kill(self.pid, signal.SIGKILL)
            return await super().transcribe(*args, **more)

    with second_ear(launch=Dying) as ear:
        with pytest.raises(HearingFailed) as failure:
            ear.hear(beckett_int16, start=0, language="en", vocabulary=())
        assert (failure.value.code, failure.value.is_everything) == ("recognizer_crashed", False)
        heard = ear.hear(beckett_int16, start=16_000, language="en", vocabulary=())
    assert heard.words[-1].text.lower().startswith("better")
    assert heard.words[0].start >= 16_000


def test_what_no_model_takes_at_once_is_refused_before_it_is_decoded() -> None:
    with closing(SecondEar(())) as ear, pytest.raises(HearingFailed) as failure:
        ear.hear(np.zeros(31 * 16_000, np.int16), start=0, language="en", vocabulary=())
    assert failure.value.code == "too_long"


def test_without_a_model_everything_waits(settings: Settings) -> None:
    settings.SECOND_PASS_MODELS = ("no-such-model",)
    with pytest.raises(HearingFailed) as failure, second_ear():
        raise AssertionError("there is no model")
    assert (failure.value.code, failure.value.is_everything) == ("model_missing", True)


def test_the_best_model_that_is_here_is_used_unless_one_is_named(settings: Settings) -> None:
    settings.SPEECH_MODELS = ("moonshine-tiny-en", "whisper-base", "/srv/models/mine")
    settings.DATA_DIR = Path("/nowhere")
    assert second_pass_models() == ("/srv/models/mine", "whisper-base", "moonshine-tiny-en")
    settings.DATA_DIR = django_settings.DATA_DIR
    settings.SECOND_PASS_MODELS = ("whisper-base",)
    assert second_pass_models() == ("whisper-base",)


WORKER = "import django; django.setup(); from config.tasks import second_passes_hear; second_passes_hear()"


@pytest.fixture
def worker(storage: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process on the same database and storage."""
    database = django_settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        pytest.skip("the worker of this test is told its database as a file")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{database['NAME']}",
        "RECORDINGS_DIR": str(storage.location),
    }
    process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment)
    yield process
    process.kill()
    process.wait()


def test_a_worker_killed_in_the_middle_is_succeeded_where_it_stood(
    ada: Speaking, beckett_int16: Int16, worker: "subprocess.Popen[bytes]"
) -> None:
    """kill -9 after the first line: its recognizer ends with it, the second worker hears the rest, nothing twice."""
    for _ in range(6):
        spoken(ada, beckett_int16)
        ada.commit(silence(ada.settled + 48_000), recorded=[])
    Segment.objects.update(confidence=0.5)
    ended(ada)
    while not SecondPass.objects.filter(n_done__gte=1).exists():
        assert worker.poll() is None, "the worker ended before anything was killed"
        time.sleep(0.02)
    children = psutil.Process(worker.pid).children(recursive=True)
    worker.kill()
    worker.wait()
    psutil.wait_procs(children, timeout=60)
    assert not any(each.is_running() for each in children)
    n_done = SecondPass.objects.get().n_done
    assert 1 <= n_done < 6
    assert SegmentRevision.objects.count() == n_done
    SecondPass.objects.update(lease_until="2026-01-01T00:00:00Z")
    while second_passes_hear():
        pass
    assert all("fail better" in text.lower() for text in Segment.objects.values_list("text", flat=True))
    assert set(Segment.objects.values_list("rev", flat=True)) == {2}
    job = SecondPass.objects.get()
    assert (job.state, job.n_done, job.n_replaced) == ("done", 6, 6)
