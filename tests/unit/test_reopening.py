"""A session that failed is opened again until the database answers, unless it is too late or somebody newer has it."""

from dataclasses import dataclass, field

import pytest

from meetings.errors import MeetingOver, MeetingsError
from meetings.values import OpenedSession
from streaming.errors import StoreUnavailable, StreamError
from streaming.reopening import Reopening
from tests.unit.session_fakes import MemoryDatabase, StandingClock


class SetClock(StandingClock):
    now_s = 0.0

    def monotonic_s(self) -> float:
        return self.now_s


@dataclass(slots=True)
class Scene:
    """Openings fail with `errors` one after the other; between them passes as much time as a test says."""

    errors: list[Exception] = field(default_factory=list)
    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(generation=1))
    clock: SetClock = field(default_factory=SetClock)
    step_s: float = 0.0
    taken: list[OpenedSession] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def make(self) -> Reopening:
        return Reopening(generation=1, attempt=self.attempt, take=self.taken.append, fail=self.failed, clock=self.clock)

    async def attempt(self) -> OpenedSession:
        self.clock.now_s += self.step_s
        if self.errors:
            raise self.errors.pop(0)
        return self.database.opened()

    def failed(self, error: StreamError | MeetingsError) -> None:
        self.told.append(error.code)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.patience.FIRST_PAUSE_S", 0)


async def test_it_waits_for_the_database_as_long_as_nobody_minds() -> None:
    scene = Scene(errors=[StoreUnavailable()] * 50, step_s=30)
    await scene.make().run()
    assert (len(scene.taken), scene.told) == (1, [])


async def test_it_gives_up_in_time() -> None:
    scene = Scene(errors=[StoreUnavailable()] * 50, step_s=30)
    reopening = scene.make()
    reopening.give_up_after(120)
    await reopening.run()
    assert (scene.taken, scene.told, len(scene.errors)) == ([], ["unavailable"], 45)


@pytest.mark.parametrize(("generation", "told"), [(1, []), (2, ["superseded"])])
async def test_it_takes_nothing_from_a_newer_connection(generation: int, told: list[str]) -> None:
    scene = Scene(errors=[StoreUnavailable()])
    reopening = scene.make()
    reopening.supersede(generation)
    await reopening.run()
    assert (scene.told, len(scene.taken)) == (told, 1 - len(told))


async def test_what_is_refused_is_not_asked_for_again() -> None:
    scene = Scene(errors=[MeetingOver()] * 2)
    await scene.make().run()
    assert (scene.told, len(scene.errors)) == (["meeting_over"], 1)


async def test_a_defect_ends_it_and_shows() -> None:
    scene = Scene(errors=[ValueError("a defect")])
    with pytest.raises(ValueError, match="a defect"):
        await scene.make().run()
    assert scene.told == ["unavailable"]
