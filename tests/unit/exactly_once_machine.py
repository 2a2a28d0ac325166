"""The schedule of the simulation, drawn by hypothesis: who does what next, and what fails."""

from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.exactly_once_client import Script, Stretch
from tests.unit.exactly_once_loop import VirtualLoop
from tests.unit.exactly_once_node import Fate
from tests.unit.exactly_once_rows import MemoryRows, Rows
from tests.unit.exactly_once_world import World, what_became

# Above and below the detector's thresholds, and between them, where what was heard before decides.
LEVELS = (0.0, 0.1, 0.3, 0.38, 0.45, 0.9)
MOST_TICKS = 900  # within the resume window: an abandoned session closes its utterance where its audio ends
ZOMBIE_LIVES_TICKS = 50  # long enough for what it had decoded to come back
node_numbers = st.integers(0, 1)
sounds = st.builds(Stretch, n_ticks=st.integers(2, 60), level=st.sampled_from(LEVELS))
jumps = st.builds(Stretch, n_ticks=st.integers(1, 20), level=st.none(), is_muted=st.booleans())
scripts = st.lists(st.one_of(sounds, sounds, sounds, jumps), min_size=2, max_size=10).map(tuple)
fates = st.builds(
    Fate,
    happens_after_s=st.sampled_from((0.01, 0.4, 3.0, None)),
    given_up_after_s=st.sampled_from((None, 0.02, 0.5, 5.0)),
)


@lru_cache(maxsize=1_000)
def undisturbed(script: Script) -> tuple[object, ...]:
    loop = VirtualLoop()

    async def run() -> tuple[object, ...]:
        world = World(MemoryRows(), script)
        account = await world.finish()
        await world.close()
        return what_became(account)

    try:
        return loop.run_until_complete(run())
    finally:
        loop.close()


class ExactlyOnce(RuleBasedStateMachine):
    """Whatever happens in whatever order, the end is that of the undisturbed run."""

    rows: ClassVar[Callable[[], Rows]] = MemoryRows

    def __init__(self) -> None:
        super().__init__()
        self._loop = VirtualLoop()
        self._world: World | None = None

    @initialize(script=scripts)
    def begins(self, script: Script) -> None:
        self._script = script

        async def begin() -> World:
            world = World(type(self).rows(), script)
            opened = world.hello()
            assert opened is not None
            world.attach(opened, world.nodes[0])
            return world

        self._world = self._loop.run_until_complete(begin())

    @property
    def world(self) -> World:
        assert self._world is not None
        return self._world

    def teardown(self) -> None:
        try:
            if self._world is not None:
                account = self._loop.run_until_complete(self._world.finish())
                self._world.check()
                assert what_became(account) == undisturbed(self._script), "not what the undisturbed run found"
        finally:
            if self._world is not None:
                self._loop.run_until_complete(self._world.close())
            self._loop.close()

    @invariant()
    def everything_is_accounted_for(self) -> None:
        if self._world is not None:
            self._world.check()

    def _in_loop(self, act: Callable[[], object]) -> None:
        async def run() -> None:
            act()

        self._loop.run_until_complete(run())

    # --- time ---

    @precondition(lambda self: self.world.n_ticks < MOST_TICKS)
    @rule(n_ticks=st.integers(1, 40))
    def time_passes(self, n_ticks: int) -> None:
        self._loop.run_until_complete(self.world.pass_time(n_ticks))

    @precondition(lambda self: self.world.n_ticks < MOST_TICKS)
    @rule(which=st.lists(fates, min_size=1, max_size=4), n_ticks=st.integers(5, 40))
    def time_passes_while_the_database_is_unwell(self, which: list[Fate], n_ticks: int) -> None:
        self.world.conditions.fates.extend(which)
        self._loop.run_until_complete(self.world.pass_time(n_ticks))

    @precondition(lambda self: self.world.n_ticks < MOST_TICKS)
    @rule(seconds=st.lists(st.sampled_from((1.0, 4.0, None)), min_size=1, max_size=4), n_ticks=st.integers(5, 40))
    def time_passes_while_recognizers_are_slow(self, seconds: list[float | None], n_ticks: int) -> None:
        self.world.conditions.decoding.extend(seconds)
        self._loop.run_until_complete(self.world.pass_time(n_ticks))

    @rule(node=node_numbers, suspended_s=st.integers(0, 100), wall_is_off_s=st.integers(-4_000, 4_000))
    def clocks_jump(self, node: int, suspended_s: int, wall_is_off_s: int) -> None:
        clock = self.world.nodes[node].clock
        clock.suspended_s += suspended_s
        clock.wall_is_off_s = wall_is_off_s

    # --- connections ---

    @rule(
        node=node_numbers, frame_samples=st.integers(320, 3_200), is_told=st.booleans(), is_heard=st.booleans(),
        is_zombie=st.booleans(),
    )  # fmt: skip
    def client_reconnects(self, node: int, frame_samples: int, is_told: bool, is_heard: bool, is_zombie: bool) -> None:
        """`is_told`: the other node hears of it. `is_heard`: the welcome arrives. `is_zombie`: the old socket lives."""
        world = self.world

        def act() -> None:
            if (old := world.socket) is not None:
                old.is_flowing = False
                if not is_zombie:
                    old.close()
            if (opened := world.hello()) is not None:
                world.attach(opened, world.nodes[node], frame_samples=frame_samples, is_heard=is_heard)
                if is_told:
                    world.tell_others(opened, world.nodes[node])

        self._in_loop(act)

    @precondition(lambda self: self.world.socket is not None and self.world.n_ticks < MOST_TICKS)
    @rule(seconds=st.lists(st.sampled_from((1.0, 4.0)), min_size=2, max_size=4), n_ticks=st.integers(1, 40))
    def another_node_takes_over_unnoticed(self, seconds: list[float], n_ticks: int) -> None:
        """What the first node has heard, and what still reaches it, it will want to commit."""
        world = self.world
        zombie = world.socket
        assert zombie is not None
        other = next(node for node in world.nodes if node is not zombie.node)

        def act() -> None:
            zombie.is_flowing = False
            if (opened := world.hello()) is not None:
                world.attach(opened, other)
            zombie.deliver(len(zombie.to_node))

        world.conditions.decoding.extend(seconds)
        self._loop.run_until_complete(world.pass_time(n_ticks))
        self._in_loop(act)
        self._loop.run_until_complete(world.pass_time(ZOMBIE_LIVES_TICKS))

    @rule(node=node_numbers)
    def hello_reaches_the_database_and_nothing_else_yet(self, node: int) -> None:
        world = self.world

        def act() -> None:
            if (opened := world.hello()) is not None:
                world.hellos.append((opened, world.nodes[node]))

        self._in_loop(act)

    @precondition(lambda self: self.world.hellos)
    @rule(which=st.integers(0, 5))
    def late_hello_attaches(self, which: int) -> None:
        opened, node = self.world.hellos.pop(which % len(self.world.hellos))
        self._in_loop(lambda: self.world.attach(opened, node, is_heard=False))

    @precondition(lambda self: self.world.socket is not None)
    @rule(is_flowing=st.booleans())
    def network_stalls_or_flows(self, is_flowing: bool) -> None:
        socket = self.world.socket
        assert socket is not None
        socket.is_flowing = is_flowing

    @precondition(lambda self: self.world.sockets)
    @rule(which=st.integers(0, 9), n_items=st.integers(1, 100))
    def zombie_delivers(self, which: int, n_items: int) -> None:
        """Any socket, old or new: what it still holds reaches its node, in order."""
        socket = self.world.sockets[which % len(self.world.sockets)]
        self._in_loop(lambda: socket.deliver(n_items))

    @precondition(lambda self: any(socket.delivered and not socket.is_closed for socket in self.world.sockets))
    @rule(which=st.integers(0, 9), back=st.integers(1, 300))
    def frame_arrives_again(self, which: int, back: int) -> None:
        sockets = [socket for socket in self.world.sockets if socket.delivered and not socket.is_closed]
        socket = sockets[which % len(sockets)]
        self._in_loop(lambda: socket.put(socket.delivered[-min(back, len(socket.delivered))]))

    @precondition(lambda self: self.world.sockets)
    @rule(which=st.integers(0, 9))
    def node_notices_that_a_socket_is_gone(self, which: int) -> None:
        socket = self.world.sockets[which % len(self.world.sockets)]

        def act() -> None:
            socket.close()
            if socket is self.world.socket:
                self.world.socket = None

        self._in_loop(act)

    # --- nodes, database, recognizers ---

    @rule(node=node_numbers)
    def node_is_killed(self, node: int) -> None:
        self._loop.run_until_complete(self.world.kill(node))

    @rule()
    def node_is_taken_for_dead(self) -> None:
        """The sweep of another process lets the session go, although its socket may live."""
        owner = self.world.current_owner
        if owner is not None:
            self.world.rows.leave(owner, reason="node_silent")
